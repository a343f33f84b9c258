import { defineConfig } from 'tsup';
import shared from '../../tooling/tsup.config.ts';

/** A manifest names its entry: each of the two handlers has one. */
export default defineConfig({ ...shared, entry: ['src/index.ts', 'src/joint-embedding.ts'] });
