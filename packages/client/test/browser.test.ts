import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('runs in a browser as it is: it imports nothing, and knows nothing of Node.js', () => {
  const code = readFileSync(join(import.meta.dirname, '../dist/index.js'), 'utf8');
  expect(code).not.toMatch(/^\s*import\b|\bimport\(|\brequire\(/m);
  expect(code).not.toMatch(/\b(process|Buffer|__dirname)\b/);
});
