import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  server: { proxy: Object.fromEntries(['/models', '/capabilities', '/info', '/generate', '/api', '/v1', '/upload', '/openapi.json'].map((path) => [path, 'http://127.0.0.1:8000'])) },
});
