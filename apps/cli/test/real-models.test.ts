import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));
const shared = process.env.LLMI_SHARED ?? join(folder, '..', '..', '..', 'shared');
const embedding = join(shared, 'fixtures', 'hub', 'llmi-fixtures', 'tiny-bert-mean-embed');
const stories = join(shared, 'weights', 'stories260k', 'stories260K-f32.gguf');
const isReady = [join(folder, 'dist', 'main.js'), embedding, stories].every((path) => existsSync(path));

const home = mkdtempSync(join(tmpdir(), 'llmi-real-'));
const { PATH, SystemRoot } = process.env;
const options = { cwd: home, encoding: 'utf8' as const, env: { PATH, SystemRoot, HOME: home, USERPROFILE: home, HF_HUB_OFFLINE: '1' } };
const words = (argv: string[]) => [join(folder, 'bin', 'llmi.js'), ...argv];
const llmi = (...argv: string[]) => spawnSync(process.execPath, words(argv), { ...options, input: '' });

describe.skipIf(!isReady)('the way of a model', () => {
  it('is checked, installed, listed, shown, run and removed', () => {
    expect(llmi('check', embedding)).toMatchObject({ status: 0, stdout: expect.stringContaining('It fits.') });
    const installed = llmi('install', embedding);
    expect(installed).toMatchObject({ status: 0, stdout: expect.stringContaining('llmi run local/tiny-bert-mean-embed') });
    expect(readdirSync(join(home, '.llmi', 'models', 'local--tiny-bert-mean-embed'))).toEqual(expect.arrayContaining(['llmi.json', 'start.cmd', 'start.sh']));
    expect(JSON.parse(llmi('list', '--json').stdout)).toMatchObject({ models: [{ name: 'local/tiny-bert-mean-embed', handler: 'embedding' }], broken: [] });
    expect(JSON.parse(llmi('show', 'tiny-bert-mean-embed', '--json').stdout)).toMatchObject({ capabilities: { output_modalities: ['embedding'] } });
    const { embeddings, dimensions } = JSON.parse(llmi('run', 'tiny-bert-mean-embed', '--text', 'one', '--text', 'two').stdout) as { embeddings: number[][]; dimensions: number };
    expect(embeddings.map((row) => row.length)).toEqual([dimensions, dimensions]);
    expect(llmi('remove', 'tiny-bert-mean-embed', '--yes')).toMatchObject({ status: 0 });
    expect(llmi('show', 'tiny-bert-mean-embed')).toMatchObject({ status: 3 });
    expect(existsSync(join(embedding, 'config.json'))).toBe(true);
  });

  it('gives the same text in a pipe and as JSON lines', () => {
    const flags = ['--mode', 'complete', '--max-tokens', '12', '--temperature', '0'];
    const plain = llmi('run', stories, 'Once upon a time', ...flags);
    expect(plain, plain.stderr).toMatchObject({ status: 0, stderr: '' });
    const events = llmi('run', stories, 'Once upon a time', ...flags, '--json').stdout.trim().split('\n').map((line) => JSON.parse(line) as { type: string; token?: string; full_text?: string });
    const text = events.map(({ token = '' }) => token).join('');
    expect(`${text}\n`).toBe(plain.stdout);
    expect(events.at(-1)).toMatchObject({ type: 'done', full_text: text });
  });

  it('is served until Ctrl-C, and its runner ends with the server', async () => {
    const server = spawn(process.execPath, words(['serve', stories, '--port', '0', '--json']), { ...options, env: { ...options.env, LLMI_LOG: 'info' }, stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    server.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const lines: Record<string, unknown>[] = [];
    let url = '';
    for await (const chunk of server.stdout) {
      for (const line of String(chunk).trim().split('\n')) lines.push(JSON.parse(line) as Record<string, unknown>);
      if (url !== '') continue;
      url = lines[0]!.url as string;
      const body = JSON.stringify({ prompt: 'Once upon a time', mode: 'complete', max_tokens: 3 });
      const answer = await fetch(`${url}/generate`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      expect(await answer.json()).toMatchObject({ type: 'text', finish_reason: 'length' });
      server.kill('SIGINT');
    }
    const exitCode = server.exitCode ?? (await new Promise((resolve) => server.on('close', resolve)));
    expect(exitCode).toBe(0);
    expect(lines.map(({ type }) => type)).toEqual(['listening', 'stopping', 'stopped']);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
    const runner = Number(/loaded pid=(\d+)/.exec(log)?.[1]);
    expect(runner).toBeGreaterThan(1);
    expect(() => process.kill(runner, 0)).toThrow('ESRCH');
  });
});
