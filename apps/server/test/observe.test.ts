import { Writable } from 'node:stream';
import { doneEvent, LlmiError, type GenerateEvent } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { jsonLog } from '../src/index.js';
import { pixel } from './behaviours.js';
import { failing, fakeEngine } from './fake-engine.js';
import { injected } from './harness.js';

const chat = { method: 'POST', url: '/v1/chat/completions', payload: { model: 'org/one', messages: [{ role: 'user', content: 'a b c d' }] } } as const;

/** Values of a page of metrics, by name with labels. */
function read(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

function collected(): { lines: Record<string, unknown>[]; stream: Writable } {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      for (const line of chunk.toString().trim().split('\n')) lines.push(JSON.parse(line) as Record<string, unknown>);
      done();
    },
  });
  return { lines, stream };
}

describe('/metrics', () => {
  it('counts requests, tokens, time and errors', async () => {
    const engine = fakeEngine();
    const app = await injected({ engine });
    await app.inject(chat);
    await app.inject({ ...chat, payload: { ...chat.payload, stream: true } });
    await app.inject({ ...chat, payload: { ...chat.payload, model: 'org/two' } });
    engine.behave(failing(new LlmiError('QUEUE_FULL', { message: 'Full.' })));
    await app.inject(chat);
    const reply = await app.inject('/metrics');
    expect(reply.headers['content-type']).toContain('text/plain');
    const metrics = read(reply.body);
    const model = 'gen_ai_request_model="org/one"';
    expect(metrics.get(`gen_ai_server_request_duration_seconds_count{${model},gen_ai_operation_name="chat",error_type=""}`)).toBe(2);
    expect(metrics.get(`gen_ai_server_request_duration_seconds_count{${model},gen_ai_operation_name="chat",error_type="QUEUE_FULL"}`)).toBe(1);
    expect(metrics.get(`gen_ai_server_token_usage_total{${model},gen_ai_token_type="input"}`)).toBe(10);
    expect(metrics.get(`gen_ai_server_token_usage_total{${model},gen_ai_token_type="output"}`)).toBe(8);
    expect(metrics.get(`llmi_prompt_cached_tokens_total{${model}}`)).toBe(4);
    expect(metrics.get(`gen_ai_server_time_to_first_token_seconds_count{${model}}`)).toBe(2);
    expect(metrics.get(`llmi_output_tokens_per_second_count{${model}}`)).toBe(2);
    expect(metrics.get(`llmi_queue_seconds_count{${model}}`)).toBe(2);
    expect(metrics.get(`llmi_model_memory_bytes{${model}}`)).toBe(1e8);
    expect(metrics.get(`llmi_model_requests_waiting{${model}}`)).toBe(0);
    expect(metrics.get('llmi_errors_total{code="MODEL_NOT_INSTALLED"}')).toBe(1);
    expect(metrics.get('llmi_errors_total{code="QUEUE_FULL"}')).toBe(1);
    expect(metrics.get('http_server_request_duration_seconds_count{http_request_method="POST",http_route="/v1/chat/completions",http_response_status_code="429"}')).toBe(1);
    expect(metrics.get('process_resident_memory_bytes')).toBeGreaterThan(1e7);
  });

  it('tells how fast pictures are made', async () => {
    const engine = fakeEngine({
      behaviour: async function* (): AsyncIterable<GenerateEvent> {
        yield { type: 'progress', stage: 'denoise', step: 4, steps: 4 };
        yield doneEvent({ type: 'image', image: pixel, images: [pixel], metadata: {} });
      },
    });
    const app = await injected({ engine });
    await app.inject({ method: 'POST', url: '/generate', payload: { prompt: 'a cat' } });
    expect(read((await app.inject('/metrics')).body).get('llmi_denoising_steps_per_second_count{gen_ai_request_model="org/one"}')).toBe(1);
  });

  it('is not for everybody', async () => {
    const app = await injected({ apiKeys: ['k'] });
    expect((await app.inject('/metrics')).statusCode).toBe(401);
    expect((await app.inject({ url: '/metrics', headers: { authorization: 'Bearer k' } })).statusCode).toBe(200);
  });
});

describe('a request', () => {
  it('tells the client where its time went', async () => {
    const reply = await (await injected()).inject(chat);
    expect(reply.headers['server-timing']).toMatch(/^queue;dur=0, load;dur=1, total;dur=[\d.]+, first_token;dur=[\d.]+$/);
  });

  it('is one line of the log, with its id, its model and its time, and none of its words', async () => {
    const { lines, stream } = collected();
    const app = await injected({ log: jsonLog(stream, { level: 'debug' }) });
    for (const payload of [chat.payload, { ...chat.payload, stream: true }]) {
      const reply = await app.inject({ ...chat, payload });
      const line = lines.find(({ request_id: id }) => id === reply.headers['x-request-id']);
      expect(line).toMatchObject({ level: 'debug', message: 'request', time: expect.stringMatching(/Z$/), status: 200, path: chat.url, model: 'org/one', prompt_tokens: 5, completion_tokens: 4, timing: { queue: 0, load: 1, total: expect.any(Number) } });
    }
    expect(JSON.stringify(lines)).not.toContain('a b c d');
  });
});

describe('jsonLog', () => {
  it('keeps to its level, and keeps secrets to itself', () => {
    const { lines, stream } = collected();
    const log = jsonLog(stream);
    log({ level: 'debug', message: 'unheard' });
    log({ level: 'warn', message: 'refused: Bearer abcdef and hf_abcdefghij', token: 'secret', headers: { authorization: 'Bearer secret' }, cause: 'sk-abcdefghijk was wrong' });
    expect(lines).toMatchObject([{ level: 'warn', message: 'refused: Bearer [redacted] and hf_[redacted]', token: '[redacted]', headers: { authorization: '[redacted]' }, cause: 'sk-[redacted] was wrong' }]);
  });
});
