import { fileURLToPath } from 'node:url';

/** Where the large fixtures are, when they are there. */
export const shared = process.env['LLMI_SHARED'] ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
