import type { z } from 'zod';
import type { handlerManifestSchema } from './manifest.js';

/**
 * Manifests of the handlers that the project publishes, so that a model nobody installed takes gets the name of the package that
 * would. Made from their package.json files by tooling/known-handlers.mjs; a test compares the two.
 */
export const knownHandlers: { package: string; manifest: z.input<typeof handlerManifestSchema> }[] = [];
