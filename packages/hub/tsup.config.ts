import { defineConfig } from 'tsup';
import shared from '../../tooling/tsup.config.ts';

/** What `llmi list` reads has an entry of its own: it must not cost the loading of everything else. */
export default defineConfig({ ...shared, entry: { index: 'src/index.ts', 'installed-names': 'src/store/installed-names.ts' } });
