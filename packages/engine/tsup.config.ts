import { defineConfig } from 'tsup';
import shared from '../../tooling/tsup.config.ts';

/** The runner is a program of its own, started by path. */
export default defineConfig({ ...shared, entry: { index: 'src/index.ts', runner: 'src/runner/main.ts' } });
