import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { resolveSettings, type ResolveOptions } from './resolve-settings.js';

let user: string;
let project: string;

const resolveWith = (options: Partial<ResolveOptions> = {}) => resolveSettings({ env: {}, cwd: project, homeDirectory: user, ...options });
const entry = (resolved: ReturnType<typeof resolveSettings>, key: string) => resolved.entries.find((candidate) => candidate.key === key);
const writeConfig = (content: unknown) => {
  mkdirSync(join(user, '.llmi'), { recursive: true });
  writeFileSync(join(user, '.llmi', 'config.json'), typeof content === 'string' ? content : JSON.stringify(content));
};
const writeProject = (llmi: unknown) => writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'a-project', llmi }));

beforeEach(() => {
  user = mkdtempSync(join(tmpdir(), 'llmi-user-'));
  project = mkdtempSync(join(tmpdir(), 'llmi-project-'));
});

describe('resolveSettings', () => {
  it('has defaults for everything that needs one', () => {
    const { settings, app } = resolveWith();
    expect(settings).toMatchObject({ home: join(user, '.llmi'), parallel: 4, maxQueue: 512, keepAliveMinutes: 5, isolation: 'process', preferHandlers: {} });
    expect(settings.hub).toMatchObject({ endpoint: 'https://huggingface.co', cacheDir: join(user, '.cache', 'huggingface', 'hub'), offline: false, token: undefined });
    expect(app).toMatchObject({ host: '127.0.0.1', port: 8000, apiKeys: [], logLevel: 'warn' });
  });

  it('takes flags before variables before the project before the llmi home', () => {
    writeConfig({ port: 1, threads: 1, parallel: 1, max_queue: 1 });
    writeProject({ port: 2, threads: 2, parallel: 2 });
    const resolved = resolveWith({ env: { LLMI_PORT: '3', LLMI_THREADS: '3' }, flags: { port: '4' } });
    expect([resolved.app.port, resolved.settings.threads, resolved.settings.parallel, resolved.settings.maxQueue]).toEqual([4, 3, 2, 1]);
    expect([entry(resolved, 'port'), entry(resolved, 'threads'), entry(resolved, 'parallel'), entry(resolved, 'max_queue')].map((found) => found?.source)).toEqual([
      '--port',
      'LLMI_THREADS',
      join(project, 'package.json'),
      join(user, '.llmi', 'config.json'),
    ]);
  });

  it('finds the project in a folder above', () => {
    writeProject({ threads: 7 });
    const inner = join(project, 'a', 'b');
    mkdirSync(inner, { recursive: true });
    expect(resolveWith({ cwd: inner }).settings).toMatchObject({ threads: 7, projectDir: project });
  });

  it('lets no project redirect the hub, the token or the key', () => {
    for (const field of [{ hub: { endpoint: 'http://evil.example' } }, { api_key: 'known' }, { hub: { token: 'x' } }]) {
      writeProject(field);
      expect(() => resolveWith()).toThrow(/which a project may not/);
    }
  });

  it('takes the manifest of a handler package and declared models for no settings', () => {
    writeProject({ apiVersion: 1, handlers: [{ name: 'x' }], models: { chat: 'a/b' } });
    expect(resolveWith().settings.preferHandlers).toEqual({});
  });

  it('collects which handler is preferred for which task', () => {
    writeConfig({ handlers: { prefer: { 'text-generation': 'mine' } } });
    writeProject({ handlers: { prefer: { 'feature-extraction': '@me/handler' } } });
    expect(resolveWith().settings.preferHandlers).toEqual({ 'text-generation': 'mine', 'feature-extraction': '@me/handler' });
  });

  it.each([
    [{ env: { LLMI_PORT: 'abc' } }, 'Setting "port" from LLMI_PORT is not valid: "abc".', /0 \(any free port\) to 65535/],
    [{ env: { LLMI_PORT: '99999' } }, 'Setting "port" from LLMI_PORT is not valid: "99999".', /65535/],
    [{ flags: { threads: '0' } }, 'Setting "threads" from --threads is not valid: "0".', /1 to 1024/],
    [{ flags: { contextSize: '2.5' } }, 'Setting "context_size" from --context-size is not valid: "2.5".', /whole number/],
    [{ env: { HF_ENDPOINT: 'ftp://x' } }, 'Setting "hub.endpoint" from HF_ENDPOINT is not valid: "ftp://x".', /http/],
  ])('names the source, the key and what would be valid: %j', (options, message, hint) => {
    expect(() => resolveWith(options)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message, hint: expect.stringMatching(hint) }));
  });

  it('does not print a secret that is not valid', () => {
    expect(() => resolveWith({ env: { HF_TOKEN: 'hf_very secret' } })).toThrow(expect.objectContaining({ message: 'Setting "hub.token" from HF_TOKEN is not valid.' }));
  });

  it('names the file that is no JSON, and the key that there is not', () => {
    writeConfig('{ port: }');
    expect(() => resolveWith()).toThrow(/config\.json is not valid JSON/);
    writeConfig({ prot: 8000 });
    expect(() => resolveWith()).toThrow(expect.objectContaining({ message: expect.stringMatching(/no setting "prot" \(in .*config\.json\)/), hint: 'Did you mean "port"?' }));
  });

  it('reads times with a unit', () => {
    const minutes = (text: string) => resolveWith({ env: { LLMI_KEEP_ALIVE: text } }).settings.keepAliveMinutes;
    expect(['90s', '10m', '2h', '7', '0'].map(minutes)).toEqual([1.5, 10, 120, 7, 0]);
    expect(() => minutes('-1')).toThrow(/keep_alive/);
  });

  it('takes the token of hf auth login, unless a variable has one, and shows neither', () => {
    mkdirSync(join(user, 'hf'));
    writeFileSync(join(user, 'hf', 'token'), 'hf_abcdefghijklmnop\n');
    const stored = resolveWith({ env: { HF_HOME: join(user, 'hf') } });
    expect(stored.settings.hub).toMatchObject({ token: 'hf_abcdefghijklmnop', cacheDir: join(user, 'hf', 'hub') });
    expect(entry(stored, 'hub.token')).toEqual({ key: 'hub.token', value: 'hf_...op', source: join(user, 'hf', 'token') });
    expect(resolveWith({ env: { HF_HOME: join(user, 'hf'), HF_TOKEN: 'hf_other' } }).settings.hub.token).toBe('hf_other');
  });

  it('honours the proxy, except for hosts that NO_PROXY names', () => {
    const proxyFor = (env: Record<string, string>) => resolveWith({ env: { HTTPS_PROXY: 'http://proxy:3128', ...env } }).settings.hub.proxy;
    expect(proxyFor({})).toBe('http://proxy:3128');
    expect(proxyFor({ NO_PROXY: 'localhost,.huggingface.co' })).toBeUndefined();
    expect(proxyFor({ NO_PROXY: '*' })).toBeUndefined();
    expect(proxyFor({ NO_PROXY: 'face.co' })).toBe('http://proxy:3128');
    expect(proxyFor({ HF_ENDPOINT: 'http://127.0.0.1:9000' })).toBeUndefined(); // HTTPS_PROXY is for https
  });

  it('expands folders from where one stands and from the home of the user', () => {
    expect(resolveWith({ env: { LLMI_HOME: '~/models' } }).settings.home).toBe(join(user, 'models'));
    expect(resolveWith({ flags: { home: 'here' }, env: { LLMI_HOME: '/elsewhere' } }).settings.home).toBe(join(project, 'here'));
  });
});
