import { defineConfig } from 'tsup';

/** How every package is built: one ES module and its types, without source maps of private code. */
export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm'],
  target: 'node20',
  dts: true,
  clean: true,
  sourcemap: false,
  treeshake: true,
});
