import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseExpiry } from '../src/keys/parse-expiry.js';
import { documents, runFake } from './support/run-fake.js';

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'llmi-keys-'))));
afterEach(() => rmSync(home, { recursive: true, force: true }));
const keys = (...argv: string[]) => runFake(['keys', ...argv], { env: { LLMI_HOME: home } });
const stored = () => JSON.parse(readFileSync(join(home, 'keys.json'), 'utf8')) as { keys: Record<string, unknown>[] };

describe('keys', () => {
  it('are made, shown once, and kept as hashes in a file that its owner alone may read', async () => {
    const { out, err, exitCode } = await keys('create', '--name', 'app', '--scopes', 'generate,metrics', '--models', 'org/*, demo', '--expires', '90d');
    expect([exitCode, out]).toEqual([0, expect.stringMatching(/^llmi_[\w-]{43}\n$/)]);
    expect(err).toContain('"app"');
    const hash = `sha256:${createHash('sha256').update(out.trim()).digest('hex')}`;
    expect(stored()).toEqual({ keys: [{ name: 'app', hash, scopes: ['generate', 'metrics'], models: ['org/*', 'demo'], expires_at: expect.any(String) as string, created_at: expect.any(String) as string }] });
    if (process.platform !== 'win32') expect(statSync(join(home, 'keys.json')).mode & 0o777).toBe(0o600);
    const list = await keys('list');
    expect((await keys()).out).toBe(list.out);
    expect(list.out).toMatch(/app\s+generate, metrics\s+org\/\*, demo\s+\d{4}-/);
  });

  it('have names of their own, and are revoked by them', async () => {
    for (const name of [[], [], ['--name', 'x']]) await keys('create', ...name);
    expect(stored().keys.map(({ name }) => name)).toEqual(['key-1', 'key-2', 'x']);
    expect((await keys('create', '--name', 'x')).err).toContain('There is a key "x" already.');
    expect((await keys('revoke', 'key-1')).exitCode).toBe(0);
    expect((await keys('revoke', 'key-1')).err).toContain('There are: key-2, x.');
    const [document] = documents((await keys('--json')).out);
    expect(document).toMatchObject({ keys: [{ name: 'key-2', scopes: ['generate', 'manage', 'metrics'], models: null, expires_at: null }, { name: 'x' }] });
    expect((await keys('create')).exitCode).toBe(0); // key-3: key-2 is taken
    expect(stored().keys.map(({ name }) => name)).toEqual(['key-2', 'x', 'key-3']);
  });

  it.each([
    [['--scopes', 'everything'], 'There is no scope "everything".'],
    [['--expires', 'soon'], '"soon" is no time.'],
    [['--expires', '2001-01-01'], 'is over already'],
    [['--name', 'a b'], 'is no name'],
  ])('are not made with %j', async (flags, message) => {
    const { exitCode, err } = await keys('create', ...flags);
    expect([exitCode, err]).toEqual([2, expect.stringContaining(message)]);
    expect(() => stored()).toThrow();
  });

  it('of a file that somebody spoilt are not guessed at', async () => {
    writeFileSync(join(home, 'keys.json'), '{"keys": [{"name": "x", "hash": "secret", "created_at": "2026-01-01T00:00:00Z"}]}');
    expect((await keys()).err).toMatch(/keys\.json is not as llmi wrote it: keys\.0\.hash/);
    expect((await keys('create')).exitCode).not.toBe(0);
  });

  it('end when they are told to', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(['12h', '90d', '2w', '1y', '2026-02-01', '2026-02-01T10:00:00+01:00'].map((text) => parseExpiry(text, now))).toEqual([
      '2026-01-01T12:00:00.000Z', '2026-04-01T00:00:00.000Z', '2026-01-15T00:00:00.000Z', '2027-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z', '2026-02-01T09:00:00.000Z',
    ]);
  });
});
