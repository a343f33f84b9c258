import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Choices, Runtime } from './choices.js';
import { packageJson } from './package-json.js';

/** Beside dist/, in the package as in the repository. */
const templates = fileURLToPath(new URL('../templates/', import.meta.url));

/** Where each template goes. `shared` ones are the same for every runtime. */
const shared = {
  'readme.md': 'README.md',
  'compiler.json': 'tsconfig.json',
  ignored: '.gitignore',
  'ci.yml': '.github/workflows/ci.yml',
  'changeset.md': '.changeset/first-release.md',
  'changeset-config.json': '.changeset/config.json',
  'index.ts': 'src/index.ts',
  'handler.ts': 'src/handler.ts',
  'model-files.ts': 'src/model-files.ts',
  'requirements.ts': 'src/requirements.ts',
};
const ofRuntime = { 'options.ts': 'src/options.ts', 'loaded-model.ts': 'src/loaded-model.ts', 'conformance.js': 'test/conformance.test.js' };
const filesOf = (runtime: Runtime, name: string) => (runtime === 'javascript' ? { ...ofRuntime, 'model.json': `model/${name}.json` } : ofRuntime);

/** The package cannot be made here. */
export class CreateError extends Error {}

/**
 * Writes the package; returns the paths of its files.
 * @throws {CreateError} when the folder has something in it
 */
export async function createPackage(choices: Choices, from = '.'): Promise<string[]> {
  const folder = join(from, choices.directory);
  const present = await readdir(folder).catch(() => []);
  if (present.some((name) => name !== '.git')) throw new CreateError(`The folder "${choices.directory}" is not empty. Give another one.`);
  const written = ['package.json'];
  await put(folder, 'package.json', `${JSON.stringify(packageJson(choices), null, 2)}\n`);
  for (const [group, files] of [['shared', shared], [choices.runtime, filesOf(choices.runtime, choices.name)]] as const) {
    for (const [template, place] of Object.entries(files)) {
      await put(folder, place, fillIn(await readFile(join(templates, group, template), 'utf8'), choices));
      written.push(place);
    }
  }
  return written;
}

async function put(folder: string, place: string, content: string): Promise<void> {
  const path = join(folder, place);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

/** Templates are real code, about a handler called my-model. */
function fillIn(text: string, { name, task, runtime }: Choices): string {
  const pascal = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  const library = runtime === 'javascript' ? 'none' : runtime;
  const trial = runtime === 'javascript' ? 'npx llmi run ./model "the"' : 'npx llmi check ORG/MODEL --explain';
  return text.replaceAll('my-trial', trial).replaceAll('my-model', name).replaceAll('MyModel', pascal).replaceAll('my-task', task).replaceAll('my-library', library);
}
