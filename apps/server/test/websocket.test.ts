import { once } from 'node:events';
import { doneEvent } from '@llmi/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import { fakeEngine, hang, textResult, type FakeEngineOptions } from './fake-engine.js';
import { listening, until } from './harness.js';

interface Message {
  id?: string | number;
  type: string;
  token?: string;
  error?: { code: string; param?: string };
}

async function connect(options: FakeEngineOptions & { client?: ClientOptions; apiKeys?: string[]; bodyLimitBytes?: number } = {}) {
  const server = await listening({ engine: fakeEngine(options), apiKeys: options.apiKeys, bodyLimitBytes: options.bodyLimitBytes });
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, options.client);
  const messages: Message[] = [];
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as Message));
  onTestFinished(() => socket.terminate());
  const ask = (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  const of = (id: Message['id']) => messages.filter((message) => message.id === id);
  const ended = (id?: Message['id']) => until(() => of(id).some(({ type }) => type === 'done' || type === 'error'));
  return { ...server, socket, messages, ask, of, ended, opened: once(socket, 'open') };
}

describe('WebSocket /ws', () => {
  it('answers several requests at once, each event under its id', async () => {
    const { opened, ask, ended, of, messages } = await connect();
    await opened;
    ask({ id: 'a', prompt: 'x y' });
    ask({ id: 2, prompt: 'z' });
    ask({ prompt: 'w' });
    await Promise.all([ended('a'), ended(2), ended(undefined)]);
    expect(of('a').map(({ type, token }) => token ?? type)).toEqual(['x ', 'y', 'done']);
    expect(of(2)).toMatchObject([{ token: 'z', finished: false }, { type: 'done', full_text: 'z', model: { id: 'org/one' }, finished: true }]);
    expect(messages).toHaveLength(7);
  });

  it('cancels the one that is named, and no other', async () => {
    const { opened, ask, ended, of, engine } = await connect({ behaviour: hang });
    await opened;
    ask({ id: 'a', prompt: 'x' });
    ask({ id: 'b', prompt: 'x' });
    await until(() => of('a').length + of('b').length === 2);
    ask({ type: 'cancel', id: 'a' });
    await ended('a');
    expect(of('a').at(-1)).toMatchObject({ type: 'error', error: { code: 'CANCELLED' } });
    expect(engine.active).toBe(1);
    ask({ type: 'cancel', id: 'unknown' });
    ask({ type: 'cancel', id: 'b' });
    await ended('b');
    expect(of('unknown')).toEqual([]);
  });

  it('cancels everything when it closes', async () => {
    const { opened, ask, socket, engine } = await connect({ behaviour: hang });
    await opened;
    for (const id of [1, 2, 3]) ask({ id, prompt: 'x' });
    await until(() => engine.active === 3);
    socket.terminate();
    await until(() => engine.active === 0);
    expect(engine.aborts).toMatchObject([{ code: 'CANCELLED' }, { code: 'CANCELLED' }, { code: 'CANCELLED' }]);
  });

  it('answers a bad message with an error event and lives on', async () => {
    const { opened, ask, messages, ended, of } = await connect();
    await opened;
    ask('{"id": "broken"');
    ask('[1]');
    ask('{"id": "p", "__proto__": {"a": 1}}');
    ask({ id: 'c', prompt: 'a', wrong: 1 });
    ask({ id: 'd', prompt: 'a', model: 'org/other' });
    ask({ id: { a: 1 }, prompt: 'a' });
    ask({ id: 'e', type: 'cancel', more: 1 });
    await until(() => messages.length === 7);
    expect(messages.map(({ id = '-', error }) => `${id} ${error!.code} ${error!.param ?? ''}`.trim()).sort()).toEqual([
      '- INPUT_INVALID', // not JSON
      '- INPUT_INVALID', // an array
      '- INPUT_INVALID', // __proto__
      '- INPUT_INVALID id',
      'c INPUT_INVALID wrong',
      'd MODEL_NOT_INSTALLED model',
      'e INPUT_INVALID',
    ]);
    ask({ id: 'ok', prompt: 'still here' });
    await ended('ok');
    expect(of('ok').at(-1)).toMatchObject({ type: 'done', full_text: 'still here' });
  });

  it('refuses an id that is in work, and more requests than one connection may have', async () => {
    const { opened, ask, messages, engine } = await connect({ behaviour: hang });
    await opened;
    for (let id = 0; id < 64; id++) ask({ id, prompt: 'x' });
    await until(() => engine.active === 64);
    ask({ id: 0, prompt: 'x' });
    ask({ id: 64, prompt: 'x' });
    await until(() => messages.filter(({ type }) => type === 'error').length === 2);
    expect(messages.filter(({ type }) => type === 'error').map(({ id, error }) => [id, error!.code])).toEqual([[0, 'INPUT_INVALID'], [64, 'QUEUE_FULL']]);
  });

  it('closes on a message that is too long', async () => {
    const { opened, ask, socket } = await connect({ bodyLimitBytes: 1000 });
    await opened;
    ask({ prompt: 'x'.repeat(2000) });
    expect((await once(socket, 'close'))[0]).toBe(1009);
  });

  it('waits for a client that reads slowly', async () => {
    const total = 2000;
    let made = 0;
    const { opened, ask, socket, ended } = await connect({
      behaviour: async function* () {
        for (; made < total; made++) yield { type: 'text', token: 'x'.repeat(32 * 1024) };
        yield doneEvent(textResult('all'));
      },
    });
    await opened;
    socket.pause();
    ask({ prompt: 'x' });
    await until(() => made > 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(made).toBeLessThan(total);
    socket.resume();
    await ended();
    expect(made).toBe(total);
  });

  it.each([
    ['a foreign page', { origin: 'https://evil.example' }, 403],
    ['a name that is not ours', { headers: { host: 'evil.example' } }, 403],
    ['no key', {}, 401],
  ])('refuses %s', async (_who, client, status) => {
    const { socket, opened } = await connect({ client, apiKeys: ['secret'] });
    opened.catch(() => {});
    const [, reply] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(reply.statusCode).toBe(status);
  });

  it('takes a key', async () => {
    const { opened, ask, ended } = await connect({ client: { headers: { 'x-api-key': 'secret' } }, apiKeys: ['secret'] });
    await opened;
    ask({ prompt: 'a' });
    await ended();
  });
});
