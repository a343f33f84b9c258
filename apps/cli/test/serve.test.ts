import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';
import type { ServedModel } from '@llmi/engine';
import type { AccessRules } from '@llmi/server';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Services } from '../src/session.js';
import { fakeEngine, installedName, servedModel } from './support/fake-engine.js';
import type { FakeTerminal } from './support/fake-terminal.js';
import { documents, runFake } from './support/run-fake.js';

type ServerOptions = Parameters<Services['startServer']>[0];

/** Serves until the server has been announced, then presses Ctrl-C. */
async function serve(argv: string[], { during = async () => {}, ...options }: Parameters<typeof runFake>[1] & { during?: (terminal: FakeTerminal, reloads: AccessRules[]) => Promise<void> } = {}) {
  const started: ServerOptions[] = [];
  const reloads: AccessRules[] = [];
  let closed = 0;
  let shown: FakeTerminal;
  const result = await runFake(['serve', ...argv], {
    ...options,
    meanwhile: (terminal) => {
      shown = terminal;
      terminal.stdout.on('data', (text: Buffer) => {
        if (/Ctrl-C stops it|"listening"/.test(text.toString())) setImmediate(() => void (async () => (await during(terminal, reloads), shown.interrupt()))());
      });
    },
    startServer: async (settings) => {
      started.push(settings);
      return { url: `http://${settings.host}:${settings.port}`, port: settings.port!, reload: (rules) => void reloads.push(rules), close: async () => void closed++ };
    },
  });
  return { ...result, server: started[0]!, closed };
}

const other: ServedModel = { ...servedModel, name: 'tiny/other', installed: { ...servedModel.installed, name: 'tiny/other', id: 'tiny/other' } };
const two = () => fakeEngine({ models: async () => [servedModel, other], find: async (name) => (name === other.name ? other : servedModel) });

describe('serve', () => {
  it('says where it is, what it serves and how to ask, and stops in order', async () => {
    const { exitCode, out, closed, engine } = await serve([]);
    expect({ exitCode, closed, disposed: (engine as ReturnType<typeof fakeEngine>).disposed }).toEqual({ exitCode: 0, closed: 1, disposed: 1 });
    expect(out).toContain('serves at http://127.0.0.1:8000\n');
    expect(out).toContain(`  ${installedName}  Q8_0\n`);
    expect(out).toContain(`curl http://127.0.0.1:8000/generate -H 'Content-Type: application/json' -d '{"prompt":"Hello"}'`);
  });

  it('takes port, host and keys from flags and variables', async () => {
    const { server, out } = await serve(['-p', '9001', '--host', '0.0.0.0', '--api-key', 'one,two', '--cors-origins', 'https://a.example'], { env: { LLMI_PORT: '1' } });
    expect(server).toMatchObject({ host: '0.0.0.0', port: 9001, apiKeys: ['one', 'two'], corsOrigins: ['https://a.example'], allowedHosts: [] });
    expect(out).toContain('Authorization: Bearer YOUR_KEY');
    expect(out).not.toContain('one,two');
  });

  it('asks for the keys of "llmi keys" too, and follows the file and SIGHUP while it runs', async () => {
    const home = mkdtempSync(join(tmpdir(), 'llmi-serve-'));
    onTestFinished(() => rmSync(home, { recursive: true }));
    const env = { LLMI_HOME: home };
    await runFake(['keys', 'create', '--models', 'org/*'], { env });
    const { server, err } = await serve(['--api-key', 'one'], {
      env,
      during: async (terminal, reloads) => {
        terminal.hangUp();
        await runFake(['keys', 'revoke', 'key-1'], { env });
        await vi.waitFor(() => expect(reloads).toHaveLength(2), { timeout: 10_000 });
        expect(reloads.map(({ apiKeys }) => apiKeys.length)).toEqual([2, 1]);
        await writeFile(join(home, 'keys.json'), 'spoilt');
        await vi.waitFor(() => expect(terminal.err()).toContain('Not reloaded'), { timeout: 10_000 });
        expect(reloads).toHaveLength(2);
      },
    });
    expect(server.apiKeys).toEqual(['one', { hash: expect.stringMatching(/^sha256:/) as string, models: ['org/*'] }]);
    expect(err).toContain('Reloaded: API keys (2)');
  });

  it('serves every installed model, without a default among several', async () => {
    const { server, out } = await serve([], { engine: two() });
    expect(server.defaultModel).toBeUndefined();
    expect((await server.engine.models()).map(({ name }) => name)).toEqual([installedName, other.name]);
    expect(out).toContain(`-d '{"model":"${installedName}","prompt":"Hello"}'`);
  });

  it('serves only the models that are named, the first by default', async () => {
    const { server } = await serve([other.name], { engine: two() });
    expect(server.defaultModel).toBe(other.name);
    expect((await server.engine.models()).map(({ name }) => name)).toEqual([other.name]);
    await expect(server.engine.find(installedName)).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED', hint: expect.stringContaining(other.name) });
    await expect(server.engine.generate(installedName, { prompt: 'x' })[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED' });
  });

  it('knows the one that is served by its name alone and with its quantization', async () => {
    const [q4, q8] = ['Q4_K_M', 'Q8_0'].map((quantization) => ({ ...servedModel, name: `${installedName}:${quantization}`, installed: { ...servedModel.installed, info: { ...servedModel.installed.info, quantization } } })) as [ServedModel, ServedModel];
    const find = async (name: string) => {
      const found = [q4, q8].find((model) => model.name === name);
      if (found) return found;
      throw new LlmiError('MODEL_AMBIGUOUS', { message: `"${name}" can mean 2 installed models.` });
    };
    const { server } = await serve([q4.name], { engine: fakeEngine({ models: async () => [q4, q8], find }) });
    for (const name of [installedName, q4.name]) expect((await server.engine.find(name)).name).toBe(q4.name);
    await expect(server.engine.find(q8.name)).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED' });
  });

  it('serves the folder one stands in', async () => {
    const attached: string[] = [];
    const engine = fakeEngine({ attach: async (path) => (attached.push(path), servedModel) });
    const { folder, server } = await serve(['.'], { engine });
    expect(attached).toEqual([folder]);
    expect(server.defaultModel).toBe(installedName);
  });

  it('serves the demo when nothing is installed, and says that it is one', async () => {
    const attached: [string, string | undefined][] = [];
    const engine = fakeEngine({ models: async () => [], attach: async (path, name) => (attached.push([path, name]), { ...servedModel, name: name! }) });
    const { err, server } = await serve([], { engine });
    expect(attached).toEqual([[expect.stringMatching(/demo.*\.gguf$/), 'llmi/demo']]);
    expect(server.defaultModel).toBe('llmi/demo');
    expect(err).toContain('this is the demo');
    expect(err).toContain('llmi install');
  });

  it('speaks JSON to programs', async () => {
    const { out, err } = await serve(['--json']);
    expect(documents(out)).toEqual([{ type: 'listening', url: 'http://127.0.0.1:8000', port: 8000, models: [installedName], default_model: installedName }, { type: 'stopping' }, { type: 'stopped' }]);
    expect(err).toBe('');
  });

  it('passes on why it cannot listen', async () => {
    const startServer = () => Promise.reject(new LlmiError('PORT_IN_USE', { message: 'Port 8000 is in use.', hint: 'Take another: --port 8001' }));
    expect(await runFake(['serve'], { startServer })).toMatchObject({ exitCode: 1, err: 'error: Port 8000 is in use.\n  Take another: --port 8001\n' });
  });

  it('knows the quotes of Windows', async () => {
    expect((await serve([], { platform: 'win32' })).out).toContain(`-d "{\\"prompt\\":\\"Hello\\"}"`);
  });
});
