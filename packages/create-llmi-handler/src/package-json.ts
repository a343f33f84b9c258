import type { Choices, Runtime } from './choices.js';

/** Ranges of the packages that a handler is made from. A test compares ours with their versions. */
export const ranges = {
  '@llmi/core': '^0.1.0',
  '@llmi/handler-testkit': '^0.1.0',
  '@llmi/runtime-llama-cpp': '^0.1.0',
  '@llmi/runtime-onnx': '^0.1.0',
  '@changesets/cli': '^3.0.0',
  '@types/node': '^20.19.0',
  typescript: '^6.0.0',
};
type PackageName = keyof typeof ranges;

const runtimePackages: Record<Runtime, PackageName[]> = { javascript: [], onnx: ['@llmi/runtime-onnx'], 'llama-cpp': ['@llmi/runtime-llama-cpp'] };
const formats: Record<Runtime, string[]> = { javascript: [], onnx: ['onnx'], 'llama-cpp': ['gguf'] };

const withRanges = (names: PackageName[]) => Object.fromEntries(names.map((name) => [name, ranges[name]]));

/** The package.json of a handler, with its manifest. */
export function packageJson({ name, task, runtime }: Choices): object {
  return {
    name: `llmi-handler-${name}`,
    version: '0.0.0',
    description: `A handler for llmi: ${task} with ${name} models.`,
    keywords: ['llmi-handler', task],
    license: 'Apache-2.0',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.19' },
    exports: { '.': { types: './dist/index.d.ts', import: './dist/index.js' }, './package.json': './package.json' },
    files: ['dist'],
    scripts: { build: 'tsc', test: 'tsc && node --test', prepublishOnly: 'npm test' },
    llmi: { apiVersion: 1, handlers: [manifest(name, task, runtime)] },
    dependencies: withRanges(['@llmi/core', ...runtimePackages[runtime]]),
    devDependencies: withRanges(['@changesets/cli', '@llmi/handler-testkit', '@types/node', 'typescript']),
  };
}

function manifest(name: string, task: string, runtime: Runtime): object {
  return {
    name,
    entry: './dist/index.js',
    displayName: displayName(name),
    tasks: [task],
    match: runtime === 'javascript' ? { files: [`${name}.json`] } : { modelIds: [`*/${name}*`] },
    ...(formats[runtime].length > 0 ? { formats: formats[runtime] } : {}),
  };
}

function displayName(name: string): string {
  const words = name.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
