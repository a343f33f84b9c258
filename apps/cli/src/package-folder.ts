import { fileURLToPath } from 'node:url';

/** Folder of this package: its dependencies are the handlers that come along. Holds for `src` and for `dist`, one below it both. */
export const packageFolder: string = fileURLToPath(new URL('..', import.meta.url));
