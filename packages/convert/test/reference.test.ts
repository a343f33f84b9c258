import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { convert } from '../src/index.js';
import { outputTypeSchema } from '../src/output-type.js';
import { shared } from './helpers/shared.js';

const golden = join(shared, 'fixtures', 'golden', 'gguf-conversion.json');
const { repos } = existsSync(golden)
  ? (JSON.parse(readFileSync(golden, 'utf8')) as { repos: Record<string, Record<string, { sha256: string; bytes: number }>> })
  : { repos: {} };

describe.skipIf(Object.keys(repos).length === 0)('the bytes of the reference converter', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-reference-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const [repo, files] of Object.entries(repos)) {
    for (const [type, file] of Object.entries(files)) {
      it(`${repo} in ${type}`, async () => {
        const target = join(folder, `${repo}-${type}.gguf`);
        const result = await convert(join(shared, 'fixtures', 'hub', 'llmi-fixtures', repo), target, { type: outputTypeSchema.parse(type.toUpperCase()) });
        expect(result.sizeBytes).toBe(file.bytes);
        expect(createHash('sha256').update(readFileSync(target)).digest('hex')).toBe(file.sha256);
      });
    }
  }
});
