import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';
import type { Alternatives, ModelFix, ModelUpdate, ProjectInstallOptions } from '@llmi/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeEngine, installedName, servedModel } from './support/fake-engine.js';
import { documents, runFake } from './support/run-fake.js';

const [from, to] = ['a'.repeat(40), 'b'.repeat(40)];
const update = (more: Partial<ModelUpdate>): ModelUpdate => ({ name: installedName, status: 'current', from, changes: [], downloadBytes: 0, freedBytes: 0, ...more });
const fix = (more: Partial<ModelFix>): ModelFix => ({ name: installedName, status: 'sound', broken: [], fetchedBytes: 0, ...more });

describe('update', () => {
  const changed = { to, downloadBytes: 3e6, changes: [{ path: 'm.gguf', change: 'changed', sizeBytes: 3e6 }, { path: 'old.json', change: 'removed', sizeBytes: 20 }] as ModelUpdate['changes'] };

  it('says what changed, with sizes', async () => {
    const asked: unknown[] = [];
    const engine = fakeEngine({ update: async (names, { check } = {}) => (asked.push([names, check]), [update({ ...changed, status: check ? 'available' : 'updated', freedBytes: check ? 0 : 2e6 })]) });
    expect((await runFake(['update', installedName, '--check'], { engine })).out).toBe(
      `${installedName} can go from aaaaaaaaaaaa to bbbbbbbbbbbb: 1 changed, 1 removed, 3.00 MB to fetch.\n  ~ m.gguf  3.00 MB\n  - old.json  20 B\n`,
    );
    expect((await runFake(['update'], { engine })).out).toContain('3.00 MB fetched, 2.00 MB freed.');
    expect(asked).toEqual([[[installedName], true], [[], undefined]]);
  });

  it.each<[Partial<ModelUpdate>, RegExp]>([
    [{ status: 'current' }, /is up to date/],
    [{ status: 'pinned' }, /stays at commit aaaaaaaaaaaa/],
    [{ status: 'local' }, /no model of the hub/],
    [{ status: 'available', to, converted: true }, /can go from aaaaaaaaaaaa to bbbbbbbbbbbb, converted again/],
    [{ status: 'updated', to, converted: true }, /went from aaaaaaaaaaaa to bbbbbbbbbbbb, converted again/],
    [{ status: 'renamed', renamedTo: 'new/talker' }, /llmi install new\/talker && llmi remove/],
    [{ status: 'updated', to }, /none of its files changed/],
  ])('%o', async (more, text) => {
    const { exitCode, out } = await runFake(['update'], { engine: fakeEngine({ update: async () => [update(more)] }) });
    expect(exitCode).toBe(0);
    expect(out).toMatch(text);
  });

  it('ends with the code of what failed, and tells programs of it', async () => {
    const error = new LlmiError('HUB_LICENSE_REQUIRED', { message: 'Gated.', hint: 'Accept it.' });
    const engine = () => fakeEngine({ update: async () => [update({}), update({ name: 'x/y', status: 'failed', error })] });
    const { exitCode, out, err } = await runFake(['update'], { engine: engine() });
    expect({ exitCode, out, err }).toEqual({ exitCode: 5, out: `${installedName} is up to date.\n`, err: 'x/y:\nerror: Gated.\n  Accept it.\n' });
    const json = await runFake(['update', '--json'], { engine: engine() });
    expect(documents(json.out)).toMatchObject([{ models: [{ status: 'current' }, { status: 'failed', error: { code: 'HUB_LICENSE_REQUIRED' } }] }]);
  });
});

describe('fix', () => {
  it.each<[ModelFix, number, string]>([
    [fix({}), 0, `${installedName} is sound.\n`],
    [fix({ status: 'fixed', fetchedBytes: 2e6, broken: [{ path: 'm.gguf', problem: 'content' }] }), 0, `${installedName} is mended; 2.00 MB were fetched.\n  m.gguf has other content\n`],
    [fix({ status: 'broken', broken: [{ path: 'm.gguf', problem: 'missing' }] }), 1, `${installedName} is broken. Mend it: llmi fix ${installedName}\n  m.gguf is missing\n`],
  ])('%o', async (report, exitCode, out) => {
    expect(await runFake(['fix'], { engine: fakeEngine({ fix: async () => [report] }) })).toMatchObject({ exitCode, out });
  });

  it('stops at Ctrl-C', async () => {
    let started = () => {};
    const underWay = new Promise<void>((resolve) => (started = resolve));
    const engine = fakeEngine({ fix: (_names, { signal } = {}) => new Promise((_resolve, reject) => (signal!.addEventListener('abort', () => reject(new Error('read stopped'))), started())) });
    const run = await runFake(['fix'], { engine, meanwhile: (terminal) => void underWay.then(() => terminal.interrupt()) });
    expect(run).toMatchObject({ exitCode: 130, err: expect.stringContaining('Run it again to go on.') as unknown });
  });
});

describe('remove', () => {
  it('takes several names, and removes nothing when one of them is wrong', async () => {
    const removed: string[] = [];
    const engine = () => fakeEngine({
      find: async (name) => (name === 'none' ? Promise.reject(new LlmiError('MODEL_NOT_INSTALLED', { message: 'No.' })) : { ...servedModel, name, installed: { ...servedModel.installed, folder: `/${name}` } }),
      remove: async (name) => (removed.push(name), { freedBytes: 1e6, kept: [] }),
    });
    expect(await runFake(['remove', 'a', 'none', '--yes'], { engine: engine() })).toMatchObject({ exitCode: 3, out: '' });
    expect(removed).toEqual([]);
    expect((await runFake(['remove', 'a', 'b', 'a', '--yes'], { engine: engine() })).out).toBe('Removed a; 1.00 MB are free again.\nRemoved b; 1.00 MB are free again.\n');
    expect(removed).toEqual(['/a', '/b']);
  });
});

describe('install', () => {
  const alternatives: Alternatives = { id: 'org/plain', siblings: [{ id: 'org/plain-GGUF', format: 'gguf', downloads: 10 }], convertible: { ok: true }, sourceBytes: 1e9 };
  const chosen = async (argv: string[], given: Partial<Alternatives> = {}, answers = '') => {
    const choices: unknown[] = [];
    const engine = fakeEngine({ install: async (_reference, { chooseFormat } = {}) => (choices.push(await chooseFormat!({ ...alternatives, ...given })), servedModel.installed) });
    const lines = answers.split('');
    const run = await runFake(['install', 'org/plain', ...argv], answers === '' ? { engine } : { engine, isTerminal: true, meanwhile: ({ stdin, stderr }) => stderr.on('data', (chunk: Buffer) => chunk.toString().includes('[y/N]') && stdin.write(`${lines.shift()}\n`)) });
    return { choice: choices[0], err: run.err };
  };

  it('takes the sibling, then the conversion, as it is told or asked', async () => {
    expect((await chosen([])).choice).toBeUndefined(); // nobody there to ask
    expect(await chosen(['--yes'])).toMatchObject({ choice: { take: 'sibling', id: 'org/plain-GGUF' }, err: expect.stringContaining('org/plain-GGUF is taken') as unknown });
    expect((await chosen(['--convert'])).choice).toEqual({ take: 'conversion' });
    expect((await chosen(['--yes'], { siblings: [] })).choice).toEqual({ take: 'conversion' });
    expect((await chosen(['--yes'], { siblings: [], convertible: { ok: false, reason: 'x' } })).choice).toBeUndefined();
    expect((await chosen([], {}, 'y')).choice).toEqual({ take: 'sibling', id: 'org/plain-GGUF' });
    expect((await chosen([], {}, 'ny')).choice).toEqual({ take: 'conversion' });
    expect((await chosen([], {}, 'nn')).choice).toBeUndefined();
  });

  it('installs what the project declares when no model is named', async () => {
    const asked: ProjectInstallOptions[] = [];
    const engine = () => fakeEngine({ installProject: async (options = {}) => (asked.push(options), options.onEvent?.({ type: 'done', model: servedModel.installed, alreadyInstalled: true, alias: 'chat' }), [{ alias: 'chat', reference: 'tiny/talker:Q8_0', installed: servedModel.installed, lock: 'added' as const }]) });
    const run = await runFake(['install', '--renew'], { engine: engine() });
    expect(run.out).toBe(`chat is ${installedName} at abc123\n  llmi run chat\n`);
    expect(run.err).toContain('llmi.lock is written');
    expect(asked[0]).toMatchObject({ frozen: false, renew: true });
    const json = await runFake(['install', '--frozen', '--json'], { engine: engine() });
    expect(documents(json.out)).toMatchObject([{ type: 'done', alias: 'chat' }, { type: 'project', models: [{ alias: 'chat', lock: 'added', revision: 'abc123' }] }]);
    expect(await runFake(['install', 'x/y', '--frozen'])).toMatchObject({ exitCode: 2 });
    expect(await runFake(['install', '--frozen', '--renew'])).toMatchObject({ exitCode: 2 });
  });
});

describe('convert', () => {
  it('says where the file is, and what should be known of it', async () => {
    const engine = fakeEngine({ convert: async (_reference, { type = 'auto', out } = {}) => ({ path: out!, sizeBytes: 2e6, type, notes: ['No chat template.'] }) });
    const run = await runFake(['convert', './model', '--type', 'Q4_K_M', '--out', 'x.gguf'], { engine });
    expect(run).toMatchObject({ exitCode: 0, out: `Wrote ${join(run.folder, 'x.gguf')}: Q4_K_M, 2.00 MB\n`, err: 'note No chat template.\n' });
    expect(await runFake(['convert', './model', '--type', 'Q9'], { engine })).toMatchObject({ exitCode: 2, err: expect.stringContaining('Allowed choices are F32') as unknown });
    expect(await runFake(['convert', './model', '--out', 'nowhere/x.gguf'], { engine })).toMatchObject({ exitCode: 2 });
  });
});

describe('login', () => {
  const hub = createServer((request, response) => {
    const isKnown = request.headers.authorization === 'Bearer hf_good';
    response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify(isKnown ? { name: 'ann', auth: { accessToken: { role: 'read' } } } : { error: 'Invalid user token.' }));
  });
  let env: Record<string, string>;
  beforeAll(async () => {
    await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
    env = { HF_ENDPOINT: `http://127.0.0.1:${(hub.address() as AddressInfo).port}` };
  });
  afterAll(() => void hub.close());
  const tokenOf = (folder: string) => join(folder, '.cache', 'huggingface', 'token');

  it.each([[['--token', 'hf_good'], ''], [[], 'hf_good\n']])('keeps a token that the hub knows, for its owner only: %j', async (argv, piped) => {
    const { exitCode, out, err, folder } = await runFake(['login', ...argv], { env, piped });
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: 'Logged in as ann.\n' });
    expect(readFileSync(tokenOf(folder), 'utf8')).toBe('hf_good');
    if (process.platform !== 'win32') expect(statSync(tokenOf(folder)).mode & 0o777).toBe(0o600);
    expect(out + err).not.toContain('hf_good');
  });

  it('is typed unseen at a terminal', async () => {
    const { exitCode, err, folder } = await runFake(['login'], { env, isTerminal: true, meanwhile: ({ stdin, stderr }) => stderr.on('data', (chunk: Buffer) => chunk.toString().includes('Token:') && stdin.write('hf_good\n')) });
    expect(exitCode).toBe(0);
    expect(err).not.toContain('hf_good');
    expect(existsSync(tokenOf(folder))).toBe(true);
  });

  it('keeps none that the hub does not know', async () => {
    const { exitCode, err, folder } = await runFake(['login', '--token', 'hf_bad'], { env });
    expect({ exitCode, err }).toEqual({ exitCode: 5, err: expect.stringContaining('does not know this token') as unknown });
    expect(err).not.toContain('hf_bad');
    expect(existsSync(tokenOf(folder))).toBe(false);
    expect(await runFake(['login', '--token', 'two words'], { env })).toMatchObject({ exitCode: 2 });
    expect(await runFake(['login'], { env, piped: '' })).toMatchObject({ exitCode: 2 });
  });

  it('says when another token counts, and logout removes the stored one', async () => {
    const cache = (await runFake(['login', '--token', 'hf_good'], { env: { ...env, HF_TOKEN: 'hf_other' } }));
    expect(cache.err).toContain('What counts is still the token of HF_TOKEN.');
    const home = join(cache.folder, '.cache', 'huggingface');
    expect(await runFake(['logout'], { env: { HF_HOME: home, HF_TOKEN: 'hf_other' } })).toMatchObject({ exitCode: 0, out: 'Logged out.\n', err: 'A token still counts: that of HF_TOKEN.\n' });
    expect(existsSync(join(home, 'token'))).toBe(false);
    expect(documents((await runFake(['logout', '--json'], { env: { HF_HOME: home } })).out)).toEqual([{ file: join(home, 'token'), removed: false, overridden_by: null }]);
  });
});

describe('list', () => {
  const write = (home: string, name: string, more: object = {}) => {
    const folder = join(home, 'models', name);
    mkdirSync(folder, { recursive: true });
    const description = { name: 'org/a', id: 'org/a', source: 'hub', revision: from, size_bytes: 30, installed_at: new Date().toISOString(), handler: { name: 'transformer' }, info: { quantization: 'Q8_0' }, ...more };
    writeFileSync(join(folder, 'llmi.json'), JSON.stringify(description));
    return folder;
  };
  const shared = { path: 'tokenizer.json', size_bytes: 10, git_sha1: 'c'.repeat(40) };
  const weights = (sha256: string) => ({ path: 'm.gguf', size_bytes: 20, sha256 });

  it('counts once what revisions of a model share, and names each', async () => {
    const home = join((await runFake(['list'])).folder, 'home');
    write(home, 'a', { files: [shared, weights('1')] });
    const pinned = write(home, 'a--2', { asked: { revision: from }, files: [shared, weights('2')] });
    write(home, 'b', { id: 'org/b', name: 'org/b', files: [shared, weights('1')] }); // another repository has its own blobs
    writeFileSync(join(pinned, 'last-used'), '');
    const { out } = await runFake(['list', '--json'], { env: { LLMI_HOME: home } });
    const { models, total_bytes } = documents(out)[0] as { models: { name: string; shared_bytes: number; last_used_at: string | null }[]; total_bytes: number };
    expect(total_bytes).toBe(80);
    expect(models.map(({ name, shared_bytes, last_used_at }) => [name, shared_bytes, last_used_at !== null])).toEqual([['org/a', 10, false], ['org/a@aaaaaaaaaaaa', 10, true], ['org/b', 0, false]]);
    expect((await runFake(['list'], { env: { LLMI_HOME: home } })).err).toBe('3 models, 80 B; 10 B are saved by files that several use\n');
  });

  it('sees what was written, replaced or removed since it looked last', async () => {
    const home = join((await runFake(['list'])).folder, 'home');
    const sizes = async () => ((documents((await runFake(['list', '--json'], { env: { LLMI_HOME: home } })).out)[0] as { models: { size_bytes: number }[] }).models.map(({ size_bytes }) => size_bytes));
    write(home, 'a');
    expect(await sizes()).toEqual([30]);
    expect(existsSync(join(home, 'cache', 'installed-models.json'))).toBe(true);
    write(home, 'a', { size_bytes: 31_000 });
    write(home, 'b', { name: 'org/b', id: 'org/b' });
    expect(await sizes()).toEqual([31_000, 30]);
    writeFileSync(join(home, 'cache', 'installed-models.json'), '{');
    expect(await sizes()).toEqual([31_000, 30]);
  });

  it('offers the names of a project to completion too', async () => {
    const { folder } = await runFake(['list']);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ llmi: { models: { chat: 'org/a' } } }));
    write(join(folder, 'home'), 'a');
    expect((await runFake(['__models'], { cwd: folder, env: { LLMI_HOME: join(folder, 'home') } })).out).toBe('chat\norg/a\n');
  });
});
