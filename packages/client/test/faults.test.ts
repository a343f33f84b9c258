import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LlmiClient, LlmiClientError, type ClientOptions } from '../src/index.js';

type Answering = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** A client of a server that answers as a test says. `count` is the number of the request, from 1. */
async function clientOf(answer: Answering, options: ClientOptions = {}): Promise<{ client: LlmiClient; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => answer(request, response, requests.push(request)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void (server.close(), server.closeAllConnections()));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { client: new LlmiClient({ baseUrl, retryDelayMs: 1, ...options }), requests };
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const error = (code: string) => ({ error: { code, message: 'No.', hint: 'Yes.', param: 'max_tokens', request_id: 'req-1' } });
const text = { type: 'text', text: 'hi', finish_reason: 'stop', usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }, model: { id: 'm', handler: 'h', handler_version: '1' }, timing: {} };

/** What a call fails with. */
const failure = (call: Promise<unknown>) => call.then(() => undefined, (reason: unknown) => reason as LlmiClientError);

describe('a call', () => {
  it('fails with the error of the server', async () => {
    const { client, requests } = await clientOf((_request, response) => json(response, 400, error('INPUT_INVALID')));
    const reason = await failure(client.generateText('x'));
    expect(reason).toBeInstanceOf(LlmiClientError);
    expect(reason).toMatchObject({ code: 'INPUT_INVALID', message: 'No.', hint: 'Yes.', param: 'max_tokens', status: 400, requestId: 'req-1' });
    expect(requests).toHaveLength(1);
  });

  it('comes again to a full queue, when it says', async () => {
    const { client, requests } = await clientOf((_request, response, count) => (count < 3 ? json(response, 429, error('QUEUE_FULL'), { 'retry-after': '0' }) : json(response, 200, text)));
    expect((await client.generateText('x')).text).toBe('hi');
    expect(requests).toHaveLength(3);
  });

  it('comes again to a server that is starting, and not to one whose model is broken', async () => {
    const starting = await clientOf((_request, response, count) => (count < 2 ? json(response, 503, error('SHUTTING_DOWN'), { 'retry-after': new Date().toUTCString() }) : json(response, 200, text)));
    await starting.client.generateText('x');
    expect(starting.requests).toHaveLength(2);
    const broken = await clientOf((_request, response) => json(response, 503, error('MODEL_LOAD_FAILED')));
    expect(await failure(broken.client.generateText('x'))).toMatchObject({ code: 'MODEL_LOAD_FAILED' });
    expect(broken.requests).toHaveLength(1);
  });

  it('gives up after as many retries as it may, and at once when it would have to wait for long', async () => {
    const always = await clientOf((_request, response) => json(response, 429, error('QUEUE_FULL')), { maxRetries: 4 });
    expect(await failure(always.client.generateText('x'))).toMatchObject({ code: 'QUEUE_FULL' });
    expect(always.requests).toHaveLength(5);
    const later = await clientOf((_request, response) => json(response, 429, error('RATE_LIMITED'), { 'retry-after': '3600' }));
    expect(await failure(later.client.generateText('x'))).toMatchObject({ retryAfterSeconds: 3600 });
    expect(later.requests).toHaveLength(1);
  });

  it('names a server that is not there, and one that is no llmi', async () => {
    const nobody = new LlmiClient({ baseUrl: 'http://127.0.0.1:1', maxRetries: 0 });
    expect(await failure(nobody.health())).toMatchObject({ code: 'CONNECTION_FAILED', hint: expect.stringContaining('llmi serve') as string });
    const page = await clientOf((_request, response) => response.end('<html>'));
    expect(await failure(page.client.health())).toMatchObject({ code: 'ANSWER_INVALID' });
    const proxy = await clientOf((_request, response) => response.writeHead(500).end('oops'));
    expect(await failure(proxy.client.health())).toMatchObject({ code: 'ANSWER_INVALID', status: 500 });
  });

  it('rejects with the reason of its signal: before, while it waits for an answer, and while it waits to come again', async () => {
    const reason = new Error('enough');
    const silent = await clientOf(() => undefined);
    expect(await failure(silent.client.generateText('x', { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(silent.requests).toHaveLength(0);
    for (const answer of [(() => undefined) as Answering, ((_request, response) => json(response, 429, error('QUEUE_FULL'), { 'retry-after': '30' })) as Answering]) {
      const { client } = await clientOf(answer);
      const controller = new AbortController();
      const call = failure(client.generateText('x', { signal: controller.signal }));
      setTimeout(() => controller.abort(reason), 20);
      expect(await call).toBe(reason);
    }
  });

  it('sends its key, its headers and its model', async () => {
    const bodies: unknown[] = [];
    const { client, requests } = await clientOf(
      (request, response) => {
        request.on('data', (data: Buffer) => bodies.push(JSON.parse(data.toString())));
        request.on('end', () => json(response, 200, text));
      },
      { apiKey: 'secret', headers: { 'x-team': 'a' }, model: 'org/default' },
    );
    await client.generateText('x');
    await client.generateText({ prompt: 'x', model: 'org/other' });
    expect(requests[0]!.headers).toMatchObject({ authorization: 'Bearer secret', 'x-team': 'a', 'content-type': 'application/json' });
    expect(bodies).toEqual([{ model: 'org/default', prompt: 'x' }, { model: 'org/other', prompt: 'x' }]);
  });
});

describe('a stream', () => {
  const frame = (event: object) => `data: ${JSON.stringify(event)}\n\n`;

  it('that breaks off is an error, not a short answer', async () => {
    for (const end of [(response: ServerResponse) => response.end(), (response: ServerResponse) => response.destroy()]) {
      const { client } = await clientOf((_request, response) => void response.write(frame({ type: 'text', token: 'a' }), () => end(response)));
      const tokens: string[] = [];
      const reading = (async () => {
        for await (const event of client.stream({ prompt: 'x' })) if (event.type === 'text') tokens.push(event.token);
      })();
      expect(await failure(reading)).toMatchObject({ code: 'CONNECTION_FAILED' });
      expect(tokens).toEqual(['a']);
    }
  });

  it('is asked for again while nothing of it has come', async () => {
    const { client, requests } = await clientOf((_request, response, count) => (count === 1 ? response.destroy() : response.end(frame({ result_type: 'text', ...text, type: 'done' }))));
    const events = [];
    for await (const event of client.stream({ prompt: 'x' })) events.push(event.type);
    expect(events).toEqual(['done']);
    expect(requests).toHaveLength(2);
  });

  it('that is left closes its connection', async () => {
    let closed: () => void;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const { client } = await clientOf((_request, response) => {
      response.write(frame({ type: 'text', token: 'a' }));
      response.on('close', () => closed());
    });
    for await (const _event of client.stream({ prompt: 'x' })) break;
    await gone;
  });
});
