import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { LlmiError } from '@llmi/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { startServer } from '../../src/index.js';
import { failing, fakeEngine } from '../fake-engine.js';
import { injected, listening } from '../harness.js';
import { attack, attacks, fileText, keptOffBy, root } from './table.js';

const messages = [{ role: 'user', content: 'a' }];

/** A sound request of each dialect. */
const dialects: [url: string, payload: Record<string, unknown>][] = [
  ['/generate', { model: 'org/one', prompt: 'a' }],
  ['/v1/chat/completions', { model: 'org/one', messages }],
  ['/v1/completions', { model: 'org/one', prompt: 'a' }],
  ['/v1/responses', { model: 'org/one', input: 'a' }],
  ['/v1/images/generations', { model: 'org/one', prompt: 'a' }],
  ['/v1/messages', { model: 'org/one', max_tokens: 5, messages }],
  ['/api/chat', { model: 'org/one', messages }],
  ['/api/generate', { model: 'org/one', prompt: 'a' }],
];

interface Document {
  paths: Record<string, Record<string, unknown>>;
}

async function routes(): Promise<[method: 'GET' | 'POST' | 'DELETE', url: string][]> {
  const { paths } = (await (await injected()).inject('/openapi.json')).json<Document>();
  return Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method): ['GET', string] => [method.toUpperCase() as 'GET', path.replace(/\{\w+\}/g, 'x')]));
}

describe(attack(9), () => {
  it('no address in any field is ever asked, and none is read from the disk', async () => {
    let asked = 0;
    const canary = createServer((_request, response) => (asked++, response.end('x'))).listen(0, '127.0.0.1');
    onTestFinished(() => void canary.close());
    await once(canary, 'listening');
    const { port } = canary.address() as AddressInfo;
    const addresses = [`http://127.0.0.1:${port}/x.png`, `http://localhost:${port}/`, `http://[::ffff:127.0.0.1]:${port}/`, `http://2130706433:${port}/`, `http://0x7f.1:${port}/`, `http:\\\\127.0.0.1:${port}\\x`, `HTTP://0.0.0.0:${port}/`, 'http://169.254.169.254/latest/meta-data/', 'http://[::]/', 'file:///etc/passwd', '/etc/passwd', '../../etc/passwd', `ftp://127.0.0.1:${port}/`, 'gopher://127.0.0.1/'];
    const engine = fakeEngine();
    const app = await injected({ engine });
    for (const url of addresses) {
      const parts = [{ type: 'image_url', image_url: { url } }];
      for (const [path, payload] of [
        ['/generate', { prompt: 'a', images: [url] }],
        ['/generate', { prompt: 'a', audio: url }],
        ['/generate', { prompt: 'a', mask_image: url }],
        ['/v1/chat/completions', { model: 'org/one', messages: [{ role: 'user', content: parts }] }],
        ['/v1/responses', { model: 'org/one', input: [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }] }],
        ['/v1/messages', { model: 'org/one', max_tokens: 5, messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url } }] }] }],
        ['/v1/messages', { model: 'org/one', max_tokens: 5, messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x', content: [{ type: 'image', source: { type: 'url', url } }] }] }] }],
        ['/api/chat', { model: 'org/one', messages: [{ role: 'user', content: 'a', images: [url] }] }],
        ['/api/generate', { model: 'org/one', prompt: 'a', images: [url] }],
        ['/v1/images/edits', { model: 'org/one', prompt: 'a', image: url }],
        ['/v1/images/variations', { model: 'org/one', image: url }],
        ['/v1/audio/transcriptions', { model: 'org/one', file: url }],
        ['/v1/videos', { model: 'org/one', prompt: 'a', input_reference: url }],
      ] as const) {
        const reply = await app.inject({ method: 'POST', url: path, payload });
        expect([path, url, reply.statusCode]).toEqual([path, url, 400]);
      }
    }
    expect([asked, engine.requests]).toEqual([0, []]);
  });
});

describe(attack(10), () => {
  it('every route asks for a name of its own, WebSockets too', async () => {
    const app = await injected();
    for (const [method, url] of await routes()) expect([url, (await app.inject({ method, url, headers: { host: 'evil.example' } })).statusCode]).toEqual([url, 403]);
    const server = await listening();
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, { headers: { host: 'evil.example' } });
    const [reply] = (await once(socket, 'unexpected-response').then(([, response]) => [response as { statusCode: number }])) as [{ statusCode: number }];
    expect(reply.statusCode).toBe(403);
  });
});

describe(attack(11), () => {
  it('nothing is done for a page of another origin, whatever type its body has', async () => {
    const engine = fakeEngine();
    const app = await injected({ engine });
    for (const [method, url] of (await routes()).filter(([one]) => one !== 'GET')) {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/json']) {
        const reply = await app.inject({ method, url, headers: { origin: 'https://evil.example', host: 'localhost', 'content-type': type }, payload: '{"model":"org/one"}' });
        expect([url, type, reply.statusCode, reply.headers['access-control-allow-origin']]).toEqual([url, type, 403, undefined]);
      }
      const noOrigin = await app.inject({ method, url, headers: { 'content-type': 'text/plain' }, payload: '{"model":"org/one"}' });
      expect([url, noOrigin.statusCode >= 400]).toEqual([url, true]);
    }
    expect([engine.requests, engine.installs, engine.removals]).toEqual([[], [], []]);
  });
});

describe(attack(12), () => {
  it.each(['0.0.0.0', '::', '192.168.1.5', 'example.com'])('%s is not listened on without a key', async (host) => {
    await expect(startServer({ engine: fakeEngine(), version: '1.0.0', host, port: 0 })).rejects.toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' });
  });
});

describe(attack(13), () => {
  it('who guesses has to wait, whatever the headers say, and the owner of a key does not', async () => {
    const app = await injected({ apiKeys: ['right', 'other'] });
    const ask = (key: string, number = 0, headers = {}) => app.inject({ url: '/models', headers: { 'x-api-key': key, 'x-forwarded-for': `10.0.0.${number}`, forwarded: `for=10.0.1.${number}`, ...headers } });
    expect((await ask('right')).statusCode).toBe(200);
    for (let number = 0; number < 20; number++) expect((await ask(`guess ${number}`, number)).statusCode).toBe(401);
    const refused = await ask('guess', 99);
    expect([refused.statusCode, Number(refused.headers['retry-after']) > 30]).toEqual([429, true]);
    expect((await ask('other')).statusCode).toBe(429); // right, but never seen from there: an answer would tell
    expect((await ask('right')).statusCode).toBe(200);
    expect((await app.inject({ url: '/', headers: { 'x-api-key': 'guess' } })).statusCode).toBe(429);
    expect((await app.inject({ url: '/ws', headers: { 'x-api-key': 'guess' } })).statusCode).toBe(429);
  });

  it('a key may be told by its hash alone', async () => {
    const app = await injected({ apiKeys: ['sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b'] });
    expect((await app.inject({ url: '/models', headers: { 'x-api-key': 'secret' } })).statusCode).toBe(200);
    expect((await app.inject({ url: '/models', headers: { 'x-api-key': '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b' } })).statusCode).toBe(401);
  });
});

describe(attack(15), () => {
  it.each(dialects)('%s takes no chat_template_kwargs', async (url, payload) => {
    const engine = fakeEngine();
    const reply = await (await injected({ engine })).inject({ method: 'POST', url, payload: { ...payload, chat_template_kwargs: { chat_template: 'x', tokenize: true } } });
    expect([reply.statusCode, engine.requests]).toEqual([400, []]);
  });
});

describe(attack(17), () => {
  const numbers = ['-1e9', '1e309', '-1e309', '1e300', '"NaN"', '"Infinity"', '[]', '{}', '9007199254740993.5', '"__proto__"'];
  const fields: Record<string, string[]> = {
    '/generate': ['max_tokens', 'temperature', 'top_p', 'seed', 'num_inference_steps', 'width', 'num_images', 'num_frames'],
    '/v1/chat/completions': ['max_tokens', 'temperature', 'n', 'top_logprobs', 'seed'],
    '/v1/completions': ['max_tokens', 'n', 'logprobs', 'best_of'],
    '/v1/responses': ['max_output_tokens', 'temperature', 'top_p'],
    '/v1/images/generations': ['n', 'seed', 'num_inference_steps', 'guidance_scale', 'partial_images', 'output_compression'],
    '/v1/messages': ['max_tokens', 'temperature', 'top_k', 'top_p'],
    '/api/chat': ['top_logprobs', 'options.temperature', 'options.num_predict', 'options.top_k', 'options.min_p'],
    '/api/generate': ['options.repeat_penalty', 'options.top_p', 'options.num_predict'],
  };

  it.each(dialects)('%s refuses them before a model sees them', async (url, payload) => {
    const engine = fakeEngine();
    const app = await injected({ engine });
    for (const field of fields[url]!) {
      for (const number of numbers) {
        const [outer, inner] = field.split('.');
        const text = `${JSON.stringify(payload).slice(0, -1)},"${outer}":${inner ? `{"${inner}":${number}}` : number}}`;
        const reply = await app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json' }, payload: text });
        expect([field, number, reply.statusCode]).toEqual([field, number, 400]);
      }
    }
    expect(engine.requests).toEqual([]);
  });
});

describe(attack(18), () => {
  it('what a decoder says of its memory is not told', async () => {
    const engine = fakeEngine({ behaviour: failing(new Error('<_io.BytesIO object at 0x7f3a12> in /srv/x.png')) });
    const app = await injected({ engine });
    for (const [url, payload] of dialects) {
      const reply = await app.inject({ method: 'POST', url, payload });
      expect([url, reply.statusCode]).toEqual([url, 500]);
      expect(reply.body).not.toMatch(/0x7f3a12|srv|BytesIO/);
    }
  });

  it.each(['data:image/png;base64,!!!!', 'data:image/png;base64,', 'data:image/svg+xml,<svg/>', 'AAA', 'data:;base64,A', '%00'])('%j is no picture', async (image) => {
    expect((await (await injected()).inject({ method: 'POST', url: '/generate', payload: { prompt: 'a', image } })).statusCode).toBe(400);
  });
});

describe(attack(19), () => {
  it('the server starts no program, and names of files are not used', async () => {
    const sources = readdirSync(new URL('apps/server/src/', root), { recursive: true }).map(String).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
    expect(sources.length).toBeGreaterThan(60);
    for (const source of sources) expect(fileText(`apps/server/src/${source.replaceAll('\\', '/')}`)).not.toMatch(/child_process|worker_threads|\.filename|node:vm|\beval\(|new Function/);
  });

  it.each(['"; rm -rf / #', '$(id)', '`id`', '| id', '../../x.wav'])('%s is no model, mode or voice with a meaning', async (name) => {
    const app = await injected();
    expect((await app.inject({ method: 'POST', url: '/generate', payload: { prompt: 'a', model: name } })).statusCode).toBe(404);
    expect((await app.inject({ method: 'POST', url: '/generate', payload: { prompt: 'a', mode: name } })).statusCode).toBe(400);
  });
});

describe(attack(23), () => {
  it('of every dialect, whether it works or fails, neither prompt nor key nor folder is in the log', async () => {
    for (const failure of [undefined, new LlmiError('INPUT_UNSUPPORTED', { message: 'No.' }), new LlmiError('RUNNER_CRASHED', { message: 'It crashed.' })]) {
      const entries: unknown[] = [];
      const engine = fakeEngine(failure ? { behaviour: failing(failure) } : {});
      const app = await injected({ engine, apiKeys: ['key-of-a-user'], log: (entry) => entries.push(entry) });
      for (const [url, payload] of dialects) {
        const text = JSON.stringify(payload).replaceAll('"a"', '"my secret prompt"');
        await app.inject({ method: 'POST', url: `${url}?api_key=key-in-the-address`, headers: { 'content-type': 'application/json', authorization: 'Bearer key-of-a-user' }, payload: text });
        await app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json', 'x-api-key': 'key-that-is-wrong' }, payload: text });
        await app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json', authorization: 'Bearer key-of-a-user' }, payload: `${text.slice(0, -1)},"my secret prompt":1` });
      }
      expect(entries.length).toBeGreaterThan(30);
      expect(JSON.stringify(entries)).not.toMatch(/my secret prompt|key-of|key-in|key-that/);
    }
  });
});

describe(attack(24), () => {
  it('headers and bodies have a time limit, sockets a number', async () => {
    const app = await injected();
    const { headersTimeout, requestTimeout, maxConnections } = app.server;
    expect([headersTimeout, requestTimeout, maxConnections].every((limit) => limit > 0 && Number.isFinite(limit))).toBe(true);
  });

  it('a header without end is cut off', async () => {
    const { port } = await listening();
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(100_000)}`));
    socket.on('error', () => {});
    let text = '';
    for await (const part of socket) text += part;
    expect(text).toMatch(/^HTTP\/1.1 431 /);
  });
  keptOffBy('apps/server/test/security.test.ts', 'a body too large is refused without Content-Length too');
  keptOffBy('apps/server/test/limits.test.ts', 'ends the work when the client goes away');
});

describe(attack(25), () => {
  it.each(dialects)('%s is not polluted', async (url, payload) => {
    const app = await injected();
    for (const evil of ['"__proto__":{"polluted":1}', '"constructor":{"prototype":{"polluted":1}}', '"options":{"__proto__":{"polluted":1}}', '"tools":[{"__proto__":{"polluted":1}}]']) {
      const reply = await app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json' }, payload: `${JSON.stringify(payload).slice(0, -1)},${evil}}` });
      expect([evil, reply.statusCode]).toEqual([evil, 400]);
    }
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('a field of a form cannot either', async () => {
    const payload = ['__proto__', 'constructor', 'prototype[]'].map((name) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n1\r\n`).join('') + '--x--\r\n';
    const reply = await (await injected()).inject({ method: 'POST', url: '/v1/images/edits', headers: { 'content-type': 'multipart/form-data; boundary=x' }, payload });
    expect(reply.statusCode).toBe(400);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each([
    ['/generate', { prompt: 'a', mode: `${'a'.repeat(1e6)}!` }],
    ['/generate', { prompt: 'a', image: `${'A'.repeat(4e6)}!` }],
    ['/generate', { prompt: 'a', image: `data:${'image/a'.repeat(1e5)};base64` }],
    ['/generate', { prompt: 'a', image: `data:${';a=b'.repeat(1e6)}` }],
    ['/generate', { prompt: 'a', model: `${'../'.repeat(1e6)}!` }],
    ['/api/generate', { model: 'org/one', prompt: 'a', keep_alive: '1'.repeat(39) }],
    ['/api/pull', { model: `${'a.'.repeat(5e5)}/${'-'.repeat(5e5)}!` }],
    ['/v1/images/generations', { prompt: 'a', size: `${'1'.repeat(1e6)}x` }],
  ])('%s gets past long texts in time', { timeout: 20_000 }, async (url, payload) => {
    const reply = await (await injected()).inject({ method: 'POST', url, payload });
    expect([200, 400, 404]).toContain(reply.statusCode);
  });
});

it('every attack has its tests', () => {
  const tests = fileText('apps/server/test/attacks/models.test.ts') + fileText('apps/server/test/attacks/requests.test.ts');
  for (const number of Object.keys(attacks)) expect(tests).toContain(`describe(attack(${number}),`);
  expect(Object.keys(attacks).length).toBe(27);
});
