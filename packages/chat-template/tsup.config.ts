import { defineConfig } from 'tsup';
import base from '../../tooling/tsup.config.ts';

/** Templates are rendered in a worker thread, which has a file of its own. */
export default defineConfig({ ...base, entry: ['src/index.ts', 'src/template-worker.ts'], dts: { entry: 'src/index.ts' } });
