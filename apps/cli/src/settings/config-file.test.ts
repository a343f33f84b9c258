import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { flatten, withValue, writeConfigValue } from './config-file.js';

describe('withValue', () => {
  it('sets a value deep inside and leaves its neighbours', () => {
    expect(withValue({ hub: { offline: true }, port: 1 }, 'hub.endpoint', 'x')).toEqual({ hub: { offline: true, endpoint: 'x' }, port: 1 });
  });

  it('takes a value out, with the objects that become empty', () => {
    expect(withValue({ handlers: { prefer: { a: 'b' } }, port: 1 }, 'handlers.prefer.a', undefined)).toEqual({ port: 1 });
  });

  it('is undone by flatten', () => {
    expect(flatten(withValue({}, 'handlers.prefer.text-generation', 'mine'))).toEqual([{ key: 'handlers.prefer.text-generation', value: 'mine' }]);
  });
});

describe('writeConfigValue', () => {
  it('makes the home, leaves no other file behind, and lets nobody else read it', async () => {
    const home = join(mkdtempSync(join(tmpdir(), 'llmi-config-')), 'new');
    const file = await writeConfigValue(home, 'api_key', 'secret');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ api_key: 'secret' });
    expect(readdirSync(home)).toEqual(['config.json']);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('refuses to write over what it cannot read', async () => {
    const home = mkdtempSync(join(tmpdir(), 'llmi-config-'));
    writeFileSync(join(home, 'config.json'), '{ not json');
    await expect(writeConfigValue(home, 'port', 1)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(readFileSync(join(home, 'config.json'), 'utf8')).toBe('{ not json');
  });

  it('says so when the home cannot be made', async () => {
    const blocker = join(mkdtempSync(join(tmpdir(), 'llmi-config-')), 'a-file');
    writeFileSync(blocker, '');
    await expect(writeConfigValue(join(blocker, 'home'), 'port', 1)).rejects.toMatchObject({ code: 'PERMISSION_DENIED', message: expect.stringContaining('cannot be written') });
  });
});
