import { defineConfig } from 'tsup';
import shared from '../../tooling/tsup.config.ts';

/** Sound has an entry of its own: a program that works on pictures must not load its decoders, nor the other way round; the record in a PNG is read without either. */
export default defineConfig({ ...shared, entry: ['src/index.ts', 'src/audio/index.ts', 'src/png-metadata/index.ts'] });
