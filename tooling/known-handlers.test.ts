import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
// @ts-expect-error: a script without types
import { knownHandlersFile, knownHandlersSource } from './known-handlers.mjs';

it('core knows the manifests of the handlers that we publish', () => {
  expect(readFileSync(knownHandlersFile as URL, 'utf8')).toBe((knownHandlersSource as () => string)());
});
