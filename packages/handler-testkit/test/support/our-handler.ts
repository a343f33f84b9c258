import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { HandlerDefinition } from '@llmi/core';

/** The folder of one of our packages. They are built before the tests; none depends on another here, since they may use this one. */
export const packageFolder = (name: string): string => join(import.meta.dirname, '../../..', name);

/** The handler that one of our packages exports, as llmi imports it: from its dist. */
export async function ourHandler(name: string): Promise<HandlerDefinition> {
  const entry = join(packageFolder(name), 'dist/index.js');
  if (!existsSync(entry)) throw new Error(`${name} is not built: pnpm build`);
  return ((await import(pathToFileURL(entry).href)) as { default: HandlerDefinition }).default;
}
