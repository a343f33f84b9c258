// Imports go one way. What each layer may import of the others; everything else is an error.
const layers = {
  'packages/core': [],
  'packages/tensor': ['packages/core'],
  'packages/media': ['packages/core', 'packages/tensor'],
  'packages/chat-template': ['packages/core'],
  'packages/grammar': ['packages/core'],
  'packages/hub': ['packages/core'],
  'packages/convert': ['packages/core', 'packages/hub'],
  'packages/engine': ['packages/core', 'packages/hub', 'packages/convert', 'packages/client'],
  'packages/demo-model': [],
  'packages/handler-testkit': ['packages/core'],
  'packages/create-llmi-handler': [],
  'packages/client': ['packages/core'], // its types alone
  'packages/ai-sdk-provider': ['packages/client', 'packages/core'], // of core the types alone
  'packages/runtime-(?!transformers)[^/]+': ['packages/core', 'packages/tensor', 'packages/media', 'packages/grammar'],
  'packages/runtime-transformers': ['packages/core', 'packages/tensor', 'packages/media', 'packages/grammar', 'packages/runtime-onnx'],
  'packages/handler-(?!testkit)[^/]+': ['packages/core', 'packages/tensor', 'packages/media', 'packages/chat-template', 'packages/grammar', 'packages/runtime-[^/]+'],
  'apps/playground': ['packages/core'], // its units alone
  'apps/server': ['packages/core', 'packages/engine', 'apps/playground'],
  'apps/cli': ['packages/core', 'packages/media', 'packages/hub', 'packages/engine', 'packages/demo-model', 'apps/server'],
};

// A package may always import itself; $1 in `to` is what the group in `from` matched. Tests of any package may use the testkit.
const directions = Object.entries(layers).flatMap(([layer, allowed]) =>
  [false, true].map((inTests) => ({
    name: `imports-of-${layer.replace(/\W+/g, '-')}${inTests ? '-tests' : ''}`,
    comment: `${layer} may import ${allowed.length > 0 ? allowed.join(', ') : 'no other package of ours'}`,
    severity: 'error',
    from: inTests ? { path: `^(${layer})/src/.*\\.test\\.ts$` } : { path: `^(${layer})/src/`, pathNot: '\\.test\\.ts$' },
    to: { path: '^(packages|apps)/', pathNot: ['^$1/', ...allowed.map((other) => `^${other}/`), ...(inTests ? ['^packages/handler-testkit/'] : [])] },
  })),
);

// Each third-party runtime has one importer.
const runtimes = {
  'node-llama-cpp': 'packages/runtime-llama-cpp',
  'onnxruntime-node': 'packages/runtime-onnx',
  '@huggingface/transformers': 'packages/runtime-transformers',
  sharp: 'packages/media',
};
const importers = Object.entries(runtimes).map(([library, importer]) => ({
  name: `one-importer-of-${library.replace(/\W+/g, '-')}`,
  severity: 'error',
  from: { path: '^(packages|apps)/[^/]+/src/', pathNot: `^${importer}/` },
  to: { path: `node_modules/${library}/` },
}));

module.exports = {
  forbidden: [
    ...directions,
    ...importers,
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'core-imports-zod-only', severity: 'error', from: { path: '^packages/core/src/', pathNot: '\\.test\\.ts$' }, to: { path: 'node_modules/', pathNot: 'node_modules/zod/' } },
    { name: 'through-exports', comment: 'other packages are reached through their exports, never their src', severity: 'error', from: { path: '^((?:packages|apps)/[^/]+)/' }, to: { path: '^(packages|apps)/[^/]+/src/', pathNot: '^$1/' } },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: { path: ['/training/', '\\.config\\.ts$'] },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
    tsConfig: { fileName: 'tsconfig.base.json' },
  },
};
