import { LlmiError } from '@llmi/core';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { responseEventSchema, responseSchema } from '../src/dialects/openai/responses/reply-schemas.js';
import { ResponseStore } from '../src/dialects/openai/responses/response-store.js';
import { pixel, thinkAndCall } from './behaviours.js';
import { fakeEngine, textResult, type FakeEngineOptions } from './fake-engine.js';
import { injected, listening } from './harness.js';

async function client(options: FakeEngineOptions = {}) {
  const { url, engine } = await listening({ engine: fakeEngine(options) });
  return { openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 }), engine };
}

const weather = { type: 'function' as const, name: 'weather', description: 'Weather of a city', parameters: { type: 'object', properties: {} }, strict: true };

describe('responses', () => {
  it('answer the openai client', async () => {
    const { openai, engine } = await client();
    const reply = await openai.responses.create({
      model: 'org/one',
      instructions: 'Be kind.',
      input: 'hello my friend',
      max_output_tokens: 9,
      temperature: 0,
      top_p: 0.5,
      reasoning: { effort: 'high' },
      text: { format: { type: 'json_schema', name: 'answer', schema: { type: 'object' } } },
      tools: [weather],
      tool_choice: { type: 'function', name: 'weather' },
      metadata: { a: 'b' },
    });
    const { output_text: text, ...rest } = reply;
    expect(text).toBe('hello my friend');
    expect(responseSchema.parse(rest)).toMatchObject({ object: 'response', status: 'completed', model: 'org/one', metadata: { a: 'b' }, usage: { input_tokens: 5, output_tokens: 3, total_tokens: 8, input_tokens_details: { cached_tokens: 2 } } });
    expect(engine.requests).toEqual([
      {
        mode: 'chat',
        messages: [{ role: 'system', content: 'Be kind.' }, { role: 'user', content: 'hello my friend' }],
        maxTokens: 9,
        temperature: 0,
        topP: 0.5,
        reasoning: 'high',
        tools: [{ type: 'function', function: { name: 'weather', description: 'Weather of a city', parameters: weather.parameters } }],
        toolChoice: { type: 'function', function: { name: 'weather' } },
        responseFormat: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } },
      },
    ]);
  });

  it('stream items as they grow', async () => {
    const { openai } = await client({ behaviour: thinkAndCall });
    const stream = openai.responses.stream({ model: 'org/one', input: 'hello', tools: [weather] });
    const types = [];
    for await (const event of stream) {
      types.push(event.type);
      expect(responseEventSchema.safeParse(event).error).toBeUndefined();
    }
    const final = await stream.finalResponse();
    expect(final.output).toMatchObject([
      { type: 'reasoning', status: 'completed', content: [{ type: 'reasoning_text', text: 'Let me see.' }] },
      { type: 'message', status: 'completed', content: [{ type: 'output_text', text: 'I look.' }] },
      { type: 'function_call', call_id: 'call_a', name: 'weather', arguments: '{"city":"Paris"}' },
      { type: 'function_call', call_id: 'call_b', name: 'time', arguments: '{}' },
    ]);
    expect(types.slice(0, 5)).toEqual(['response.created', 'response.in_progress', 'response.output_item.added', 'response.content_part.added', 'response.reasoning_text.delta']);
    expect(types.at(-1)).toBe('response.completed');
  });

  it('number their events without gaps', async () => {
    const app = await injected({ engine: fakeEngine({ behaviour: thinkAndCall }) });
    const reply = await app.inject({ method: 'POST', url: '/v1/responses', payload: { model: 'org/one', input: 'a', stream: true } });
    const numbers = [...reply.body.matchAll(/"sequence_number":(\d+)\}\n\n/g)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index));
    expect(numbers.length).toBeGreaterThan(15);
  });

  it('go on from an earlier one, calls and their results in it', async () => {
    const { openai, engine } = await client({ behaviour: thinkAndCall });
    const first = await openai.responses.create({ model: 'org/one', input: 'hello', instructions: 'Be kind.', tools: [weather] });
    await openai.responses.create({ model: 'org/one', previous_response_id: first.id, input: [{ type: 'function_call_output', call_id: 'call_a', output: 'Sun' }] });
    const calls = ['call_a', 'call_b'].map((id) => expect.objectContaining({ id }) as unknown);
    expect(engine.requests[1]!.messages).toEqual([
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'I look.', reasoningContent: 'Let me see.', toolCalls: calls },
      { role: 'tool', toolCallId: 'call_a', content: 'Sun' },
    ]);
    // The same by hand, as clients without a store do.
    await openai.responses.create({ model: 'org/one', store: false, input: [{ role: 'user', content: 'hello' }, ...(first.output as OpenAI.Responses.ResponseInputItem[]), { type: 'function_call_output', call_id: 'call_a', output: 'Sun' }] });
    expect(engine.requests[2]!.messages).toEqual(engine.requests[1]!.messages);
  });

  it('are kept until they are deleted, unless told not to', async () => {
    const { openai } = await client();
    const { id } = await openai.responses.create({ model: 'org/one', input: 'a' });
    expect((await openai.responses.retrieve(id)).id).toBe(id);
    await openai.responses.delete(id);
    await expect(openai.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
    const unkept = await openai.responses.create({ model: 'org/one', input: 'a', store: false });
    await expect(openai.responses.create({ model: 'org/one', input: 'b', previous_response_id: unkept.id })).rejects.toMatchObject({ status: 404, param: 'previous_response_id' });
  });

  it('take pictures', async () => {
    const { openai, engine } = await client();
    await openai.responses.create({ model: 'org/one', input: [{ role: 'user', content: [{ type: 'input_text', text: 'Look' }, { type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${pixel}` }] }] });
    expect(engine.requests[0]!.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Look' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } }] }]);
    await expect(openai.responses.create({ model: 'org/one', input: [{ role: 'user', content: [{ type: 'input_image', detail: 'auto', image_url: 'http://127.0.0.1/x' }] }] })).rejects.toMatchObject({ status: 400 });
  });

  it('that were cut short say so', async () => {
    const { openai } = await client({
      behaviour: async function* (request) {
        yield { type: 'text', token: 'a' };
        const result = { ...textResult('a', request), finishReason: 'length' } as ReturnType<typeof textResult>;
        yield { type: 'done', result };
      },
    });
    expect(await openai.responses.create({ model: 'org/one', input: 'a' })).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
  });

  it('that fail on their way end with response.failed', async () => {
    const { openai } = await client({
      behaviour: async function* () {
        yield { type: 'text', token: 'a' };
        throw new LlmiError('RUNNER_CRASHED', { message: 'It crashed.' });
      },
    });
    const types = [];
    for await (const event of await openai.responses.create({ model: 'org/one', input: 'a', stream: true })) types.push(event);
    expect(types.at(-1)).toMatchObject({ type: 'response.failed', response: { status: 'failed', error: { code: 'runner_crashed', message: 'It crashed.' } } });
  });
});

it('the oldest kept responses make room', () => {
  const store = new ResponseStore(2);
  const keep = (id: string) => store.keep('me', { id } as Parameters<ResponseStore['keep']>[1], []);
  keep('a');
  keep('b');
  store.get('me', 'a');
  keep('c');
  expect(['a', 'b', 'c'].map((id) => store.get('me', id) !== undefined)).toEqual([true, false, true]);
});
