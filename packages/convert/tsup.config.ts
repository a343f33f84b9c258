import { defineConfig } from 'tsup';
import base from '../../tooling/tsup.config.ts';

/** Weights are converted in worker threads, which have a file of their own. */
export default defineConfig({ ...base, entry: ['src/index.ts', 'src/convert-worker.ts'], dts: { entry: 'src/index.ts' } });
