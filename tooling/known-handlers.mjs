// node tooling/known-handlers.mjs: writes packages/core/src/known-handlers.ts from the manifests of the handler packages.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const packages = new URL('../packages/', import.meta.url);
export const knownHandlersFile = new URL('core/src/known-handlers.ts', packages);

/** The source text of known-handlers.ts as it should be. */
export function knownHandlersSource() {
  const known = readdirSync(packages)
    .filter((name) => name.startsWith('handler-'))
    .map((name) => JSON.parse(readFileSync(new URL(join(name, 'package.json'), packages), 'utf8')))
    .flatMap(({ name, llmi }) => (llmi?.handlers ?? []).map((manifest) => ({ package: name, manifest })));
  return `import type { z } from 'zod';
import type { handlerManifestSchema } from './manifest.js';

/**
 * Manifests of the handlers that the project publishes, so that a model nobody installed takes gets the name of the package that
 * would. Made from their package.json files by tooling/known-handlers.mjs; a test compares the two.
 */
export const knownHandlers: { package: string; manifest: z.input<typeof handlerManifestSchema> }[] = ${JSON.stringify(known, null, 2)};
`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) writeFileSync(knownHandlersFile, knownHandlersSource());
