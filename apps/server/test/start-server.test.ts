import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { startServer } from '../src/index.js';
import { fakeEngine, hang } from './fake-engine.js';
import { eventsOf, listening, postJson, until } from './harness.js';

const start = (options: object) => startServer({ engine: fakeEngine(), version: '1.0.0', ...options });

describe('starting', () => {
  it('listens on the loopback address and says where', async () => {
    const { url, port } = await listening();
    expect(url).toBe(`http://127.0.0.1:${port}`);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('names the port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(start({ port })).rejects.toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining(String(port)), hint: expect.stringContaining('--port') });
  });

  it.each([
    [{ host: '0.0.0.0' }, 'ADDRESS_NOT_ALLOWED'],
    [{ host: '::' }, 'ADDRESS_NOT_ALLOWED'],
    [{ host: '192.0.2.1', apiKeys: ['k'], port: 0 }, 'ADDRESS_NOT_ALLOWED'], // an address of no machine (RFC 5737)
    [{ port: 70_000 }, 'CONFIG_INVALID'],
    [{ apiKeys: [''] }, 'CONFIG_INVALID'],
    [{ corsOrigins: ['*'] }, 'CONFIG_INVALID'],
    [{ corsOrigins: ['https://a.example/'] }, 'CONFIG_INVALID'],
  ])('refuses %j', async (options, code) => {
    await expect(start(options)).rejects.toMatchObject({ code, hint: expect.any(String) });
  });
});

describe('closing', () => {
  it('lets requests end that end soon', async () => {
    let finish = () => {};
    let asked = false;
    const ended = new Promise<void>((resolve) => (finish = resolve));
    const engine = fakeEngine();
    const behave = engine.generate.bind(engine);
    engine.generate = async function* (...call) {
      asked = true;
      await ended;
      yield* behave(...call);
    };
    const server = await startServer({ engine, version: '1.0.0', port: 0, drainMs: 30_000 });
    const reply = postJson(`${server.url}/generate`, { prompt: 'a' });
    await until(() => asked);
    const closed = server.close();
    const refused = await postJson(`${server.url}/generate`, { prompt: 'a' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect((await fetch(`${server.url}/ready`)).status).toBe(503);
    finish();
    expect(await (await reply).json()).toMatchObject({ text: 'a' });
    await closed;
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  });

  it('ends streams that go on', async () => {
    const engine = fakeEngine({ behaviour: hang });
    const server = await startServer({ engine, version: '1.0.0', port: 0, drainMs: 20 });
    const reply = await postJson(`${server.url}/generate/stream`, { prompt: 'a' });
    await server.close();
    expect(eventsOf(await reply.text())).toMatchObject([{ token: 'one' }, { type: 'error', error: { code: 'SHUTTING_DOWN' } }]);
    expect(engine.active).toBe(0);
  });

  it('does not wait for clients that never finish their request or close their socket', async () => {
    const server = await startServer({ engine: fakeEngine(), version: '1.0.0', port: 0, drainMs: 20 });
    const slow = connect(server.port, '127.0.0.1', () => slow.write('POST /generate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{'));
    const deaf = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
    onTestFinished(() => {
      slow.destroy();
      deaf.terminate();
    });
    slow.on('error', () => {});
    await once(deaf, 'open');
    deaf.pause();
    await server.close();
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  });
});
