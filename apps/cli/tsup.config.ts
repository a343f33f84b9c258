import { defineConfig } from 'tsup';
import shared from '../../tooling/tsup.config.ts';

/**
 * Two entries: the program, and its parts for other programs. commander is bundled, since every start
 * reads it; everything else stays a package of its own, shared with the handlers.
 */
export default defineConfig({
  ...shared,
  entry: ['src/main.ts', 'src/index.ts'],
  dts: { entry: 'src/index.ts' },
  splitting: true,
  noExternal: ['commander'],
  external: ['@llmi/demo-model'], // tsup leaves out dependencies, but not optional ones
  // commander is CommonJS and asks for modules of Node by require, which an ES module has to make for itself.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
});
