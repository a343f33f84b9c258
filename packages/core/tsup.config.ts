import { defineConfig } from 'tsup';
import shared from '../../tooling/tsup.config.ts';

/** The units have an entry of their own: a program that only prints sizes must not pay for zod. */
export default defineConfig({ ...shared, entry: ['src/index.ts', 'src/units.ts'] });
