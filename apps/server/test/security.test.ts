import { connect } from 'node:net';
import { LlmiError } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { failing, fakeEngine } from './fake-engine.js';
import { injected, listening } from './harness.js';

const ask = { method: 'POST', url: '/generate', payload: { prompt: 'a' } } as const;

describe('bad input', () => {
  const png = 'iVBORw0KGgo=';
  it.each([
    ['an unknown field', { prompt: 'a', tempreature: 1 }, 'tempreature', 'temperature'],
    ['camelCase', { prompt: 'a', maxTokens: 1 }, 'maxTokens', 'max_tokens'],
    ['a wrong type', { prompt: 1 }, 'prompt', ''],
    ['a value out of range', { prompt: 'a', temperature: 2.5 }, 'temperature', ''],
    ['a huge number', { prompt: 'a', max_tokens: 1e300 }, 'max_tokens', ''],
    ['a negative count', { prompt: 'a', num_images: -1 }, 'num_images', ''],
    ['an odd size', { prompt: 'a', width: 513 }, 'width', ''],
    ['too many stop sequences', { prompt: 'a', stop_sequences: Array(17).fill('x') }, 'stop_sequences', ''],
    ['prompt and messages', { prompt: 'a', messages: [{ role: 'user', content: 'b' }] }, 'messages', 'one of the two'],
    ['an unknown role', { messages: [{ role: 'king', content: 'b' }] }, 'messages[0].role', ''],
    ['an unknown field inside', { messages: [{ role: 'user', content: 'b', x: 1 }] }, 'messages[0].x', ''],
    ['a mode that is no word', { prompt: 'a', mode: '../x' }, 'mode', ''],
    ['an image of the web', { prompt: 'a', images: [png, 'http://127.0.0.1/x.png'] }, 'images[1]', 'data URL'],
    ['an image of the disk', { prompt: 'a', image: '/etc/passwd' }, 'image', 'base64'],
    ['a file URL', { prompt: 'a', audio: 'file:///etc/passwd' }, 'audio', 'base64'],
    ['an image in a message', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x.example/' } }] }] }, 'messages[0].content[0].image_url.url', ''],
  ])('%s is named', async (_what, payload, param, hint) => {
    const engine = fakeEngine();
    const app = await injected({ engine });
    for (const url of ['/generate', '/generate/stream']) {
      const reply = await app.inject({ method: 'POST', url, payload });
      expect(reply.statusCode).toBe(400);
      expect(reply.json()).toMatchObject({ error: { code: 'INPUT_INVALID', param, hint: expect.stringContaining(hint), request_id: reply.headers['x-request-id'] } });
    }
    expect(engine.requests).toEqual([]);
  });

  it('images as base64 and as data URLs are taken', async () => {
    const app = await injected();
    for (const image of [png, `data:image/png;base64,${png}`, `${png.slice(0, 4)}\n${png.slice(4)}`]) {
      expect((await app.inject({ ...ask, payload: { prompt: 'a', images: [image] } })).statusCode).toBe(200);
    }
  });

  it.each([
    ['no body', {}, '', 400, 'INPUT_INVALID'],
    ['an empty body', { 'content-type': 'application/json' }, '', 400, 'INPUT_INVALID'],
    ['broken JSON', { 'content-type': 'application/json' }, '{"prompt": ', 400, 'INPUT_INVALID'],
    ['an array', { 'content-type': 'application/json' }, '[]', 400, 'INPUT_INVALID'],
    ['null', { 'content-type': 'application/json' }, 'null', 400, 'INPUT_INVALID'],
    ['a polluted prototype', { 'content-type': 'application/json' }, '{"prompt":"a","__proto__":{"x":1}}', 400, 'INPUT_INVALID'],
    ['a polluted constructor', { 'content-type': 'application/json' }, '{"prompt":"a","constructor":{"prototype":{"x":1}}}', 400, 'INPUT_INVALID'],
    ['deep nesting', { 'content-type': 'application/json' }, `{"tools":${'['.repeat(5000)}${']'.repeat(5000)}}`, 400, 'INPUT_INVALID'],
    ['plain text, as a foreign page can send it', { 'content-type': 'text/plain' }, '{"prompt":"a"}', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'prompt=a', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['JSON declared as a form, by a foreign page', { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'cross-site' }, '{"prompt":"a"}', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a compressed body', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, '{"prompt":"a"}', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['no type', {}, '{"prompt":"a"}', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['too much', { 'content-type': 'application/json' }, `{"prompt":"${'a'.repeat(2000)}"}`, 413, 'PAYLOAD_TOO_LARGE'],
  ])('%s is refused', async (_what, headers, payload, status, code) => {
    const app = await injected({ bodyLimitBytes: status === 413 ? 1000 : undefined });
    const reply = await app.inject({ method: 'POST', url: '/generate', headers: headers as Record<string, string>, payload });
    expect([reply.statusCode, reply.json().error.code]).toEqual([status, code]);
  });

  it('what curl -d sends when nobody names a type is taken', async () => {
    const reply = await (await injected()).inject({ method: 'POST', url: '/generate', headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: ' {"prompt":"a b"}' });
    expect([reply.statusCode, reply.json().text]).toEqual([200, 'a b']);
  });

  it('an address is told as the client wrote it, and a slash at its end changes nothing', async () => {
    const app = await injected();
    expect((await app.inject({ url: '/v1/nothing' })).json()).toMatchObject({ error: { message: expect.stringContaining('at /v1/nothing.') } });
    expect((await app.inject({ url: '/health/' })).statusCode).toBe(200);
    expect((await app.inject({ url: '/generate/' })).statusCode).toBe(405);
  });

  it('a body too large is refused without Content-Length too', async () => {
    const { url } = await listening({ bodyLimitBytes: 1000 });
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(new TextEncoder().encode('a'.repeat(600))) }, { highWaterMark: 0 });
    const status = await fetch(`${url}/generate`, { method: 'POST', headers: { 'content-type': 'application/json' }, body, duplex: 'half' } as RequestInit).then(
      (reply) => reply.status,
      () => 413, // the connection is closed while the body still comes: a client may see that first
    );
    expect(status).toBe(413);
  });

  it.each([
    ['GET', '/nothing', 404, 'NOT_FOUND', undefined],
    ['GET', '/generate', 405, 'METHOD_NOT_ALLOWED', 'POST'],
    ['DELETE', '/v1/models/org/one', 405, 'method_not_allowed', 'GET'],
    ['GET', '/v1/nothing', 404, 'not_found', undefined],
    ['GET', '/%zz', 400, 'INPUT_INVALID', undefined],
    ['GET', '/ws', 400, 'INPUT_INVALID', undefined],
  ] as const)('%s %s is answered %i', async (method, url, status, code, allow) => {
    const reply = await (await injected()).inject({ method, url });
    expect([reply.statusCode, reply.json().error.code, reply.headers.allow]).toEqual([status, code, allow]);
  });

  it('what is no HTTP is answered and closed', async () => {
    const { port } = await listening();
    const socket = connect(port, '127.0.0.1', () => socket.write('hello\r\n\r\n'));
    let text = '';
    for await (const part of socket) text += part;
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    expect(JSON.parse(text.split('\r\n\r\n')[1]!)).toMatchObject({ error: { code: 'INPUT_INVALID' } });
  });
});

describe('what a reply tells', () => {
  it('of our own faults the request id alone; the log has the rest', async () => {
    const log: { level: string; message: string; request_id?: unknown; stack?: unknown }[] = [];
    const engine = fakeEngine();
    engine.behave(failing(new TypeError('cannot read 0x7f3a of /srv/secret/model.gguf')));
    const app = await injected({ engine, log: (entry) => log.push(entry as (typeof log)[number]) });
    const reply = await app.inject(ask);
    expect(reply.statusCode).toBe(500);
    expect(reply.body).not.toMatch(/secret|0x7f3a|TypeError/);
    expect(log).toContainEqual(expect.objectContaining({ level: 'error', message: 'cannot read 0x7f3a of /srv/secret/model.gguf', request_id: reply.headers['x-request-id'], stack: expect.stringContaining('TypeError') }));
  });

  it('no path of the machine', async () => {
    const engine = fakeEngine();
    engine.behave(failing(new LlmiError('MODEL_FILE_CORRUPT', { message: 'Truncated: /srv/llmi home/models/a/w.gguf and C:\\Users\\me\\w.gguf.', hint: 'See /opt/x/logs/runner.log, POST /models/load, ./start.sh or https://hub.example/a/b.' })));
    const { error } = (await (await injected({ engine })).inject(ask)).json();
    expect(error.message).toBe('Truncated: …/models/a/w.gguf and …/w.gguf.');
    expect(error.hint).toBe('See …/runner.log, POST /models/load, ./start.sh or https://hub.example/a/b.');
  });

  it('how it may be shown', async () => {
    const app = await injected();
    for (const url of ['/', '/health', '/nothing', '/v1/models']) {
      const { headers } = await app.inject({ url });
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/) });
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    }
  });
});

describe('who may ask', () => {
  it.each([
    ['127.0.0.1', {}, 'localhost:8000', 200],
    ['127.0.0.1', {}, '127.0.0.1:8000', 200],
    ['127.0.0.1', {}, '[::1]:8000', 200],
    ['127.0.0.1', {}, 'evil.example', 403],
    ['127.0.0.1', {}, 'localhost.evil.example', 403],
    ['127.0.0.1', {}, '127.0.0.1.evil.example', 403],
    ['127.0.0.1', {}, '10.0.0.5', 403],
    ['127.0.0.1', {}, 'evil.example@localhost', 403],
    ['127.0.0.1', { allowedHosts: ['Llm.example'] }, 'llm.example:443', 200],
    ['0.0.0.0', { apiKeys: ['k'] }, '10.0.0.5:8000', 200],
    ['0.0.0.0', { apiKeys: ['k'] }, 'evil.example', 403],
  ])('on %s with %j, the name %j is answered %i', async (host, options, name, status) => {
    const app = await injected({ host, ...options });
    expect((await app.inject({ url: '/health', headers: { host: name } })).statusCode).toBe(status);
  });

  it.each([
    ['no Origin', [], undefined, 200],
    ['the page of this server', [], 'http://localhost:80', 200],
    ['a foreign page', [], 'https://evil.example', 403],
    ['another port', [], 'http://localhost:3000', 403],
    ['a sandboxed page', [], 'null', 403],
    ['a page that was named', ['https://app.example'], 'https://app.example', 200],
    ['a page that was not', ['https://app.example'], 'https://app.example.evil.example', 403],
  ])('%s is answered', async (_who, corsOrigins, origin, status) => {
    const app = await injected({ corsOrigins });
    const reply = await app.inject({ ...ask, headers: { host: 'localhost', ...(origin ? { origin } : {}) } });
    expect(reply.statusCode).toBe(status);
    expect(reply.headers['access-control-allow-origin']).toBe(status === 200 && corsOrigins.length > 0 ? origin : undefined);
  });

  it('browsers are answered before a request to another origin', async () => {
    const app = await injected({ corsOrigins: ['https://app.example'], apiKeys: ['k'] });
    const preflight = (origin: string) =>
      app.inject({ method: 'OPTIONS', url: '/generate', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,x-stainless-os' } });
    expect((await preflight('https://app.example')).headers).toMatchObject({ 'access-control-allow-origin': 'https://app.example', 'access-control-allow-headers': 'content-type,x-stainless-os', vary: 'Origin' });
    expect((await preflight('https://evil.example')).headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('with keys, every route but the probes asks for one', async () => {
    const app = await injected({ apiKeys: ['one', 'two'] });
    for (const url of ['/health', '/ready']) expect((await app.inject({ url })).statusCode).toBe(200);
    for (const url of ['/', '/info', '/capabilities', '/models', '/openapi.json', '/v1/models', '/v1/models/org/one', '/nothing']) expect((await app.inject({ url })).statusCode).toBe(401);
    for (const url of ['/generate', '/generate/stream', '/models/load', '/models/unload', '/v1/chat/completions', '/v1/completions', '/v1/embeddings']) {
      const reply = await app.inject({ method: 'POST', url, payload: {} });
      expect([reply.statusCode, reply.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    }
    for (const headers of [{ authorization: 'Bearer two' }, { authorization: 'bearer one' }, { 'x-api-key': 'two' }]) expect((await app.inject({ ...ask, headers })).statusCode).toBe(200);
    for (const authorization of ['Bearer three', 'Basic one', 'Bearer ', 'one']) expect((await app.inject({ ...ask, headers: { authorization } })).statusCode).toBe(401);
    for (const key of ['', 'on', 'one,two']) expect((await app.inject({ ...ask, headers: { 'x-api-key': key } })).statusCode).toBe(401);
    expect((await app.inject({ url: '/v1/models' })).json()).toMatchObject({ error: { code: 'invalid_api_key' } });
  });
});
