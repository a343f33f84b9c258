import { defineConfig } from 'tsup';
import shared from '../../tooling/tsup.config.ts';

/** The runner is a program of its own, the probe's worker a thread; both are started by path. */
export default defineConfig({ ...shared, entry: { index: 'src/index.ts', runner: 'src/runner/main.ts', 'probe-worker': 'src/probe/worker.ts' } });
