import Anthropic, { APIError } from '@anthropic-ai/sdk';
import { LlmiError } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { messageEventSchema, messageReplySchema } from '../src/dialects/anthropic/reply-schemas.js';
import { pixel, thinkAndCall } from './behaviours.js';
import { failing, fakeEngine, hang, type FakeEngineOptions } from './fake-engine.js';
import { eventsOf, injected, listening, until } from './harness.js';

async function client(options: FakeEngineOptions = {}) {
  const { url, engine } = await listening({ engine: fakeEngine(options), apiKeys: ['secret'] });
  return { anthropic: new Anthropic({ baseURL: url, apiKey: 'secret', maxRetries: 0 }), engine };
}

const messages = [{ role: 'user' as const, content: 'hello my friend' }];
const weather = { name: 'weather', description: 'Weather of a city', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } };

describe('messages', () => {
  it('answer the client of Anthropic', async () => {
    const { anthropic, engine } = await client();
    const reply = await anthropic.messages.create({
      model: 'org/one',
      max_tokens: 50,
      system: [{ type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } }],
      messages,
      ...{ temperature: 0.5, top_k: 3, top_p: 0.9 }, // older clients send them
      stop_sequences: ['END'],
      metadata: { user_id: 'me' },
      thinking: { type: 'enabled', budget_tokens: 1024 },
    });
    expect(messageReplySchema.parse(reply)).toMatchObject({ type: 'message', role: 'assistant', model: 'org/one', stop_reason: 'end_turn', stop_sequence: null });
    expect(reply.content).toEqual([{ type: 'text', text: 'hello my friend', citations: null }]);
    expect(reply.usage).toMatchObject({ input_tokens: 3, cache_read_input_tokens: 2, output_tokens: 3 });
    expect(engine.requests).toEqual([
      {
        mode: 'chat',
        messages: [{ role: 'system', content: 'Be kind.' }, { role: 'user', content: 'hello my friend' }],
        maxTokens: 50,
        temperature: 0.5,
        topK: 3,
        topP: 0.9,
        stopSequences: ['END'],
        reasoning: 1024,
      },
    ]);
  });

  it('stream thoughts, words and calls as blocks', async () => {
    const { anthropic } = await client({ behaviour: thinkAndCall });
    const types: string[] = [];
    const stream = anthropic.messages.stream({ model: 'org/one', max_tokens: 50, messages, tools: [weather] });
    stream.on('streamEvent', (event) => types.push(event.type));
    const message = await stream.finalMessage();
    expect(message.content).toEqual([
      { type: 'thinking', thinking: 'Let me see.', signature: '' },
      { type: 'text', text: 'I look.', citations: null },
      { type: 'tool_use', id: 'call_a', name: 'weather', input: { city: 'Paris' } },
      { type: 'tool_use', id: 'call_b', name: 'time', input: {} },
    ]);
    expect(message).toMatchObject({ stop_reason: 'tool_use', usage: { input_tokens: 3, output_tokens: 2 } });
    expect(types.filter((type) => type === 'content_block_start').length).toBe(4);
    expect([types[0], types.at(-2), types.at(-1)]).toEqual(['message_start', 'message_delta', 'message_stop']);
  });

  it('give in one piece what they stream', async () => {
    const { anthropic } = await client({ behaviour: thinkAndCall });
    const asked = { model: 'org/one', max_tokens: 50, messages, tools: [weather] };
    const whole = await anthropic.messages.create(asked);
    const streamed = await anthropic.messages.stream(asked).finalMessage();
    expect(whole.content).toEqual(streamed.content);
    const single = await anthropic.messages.create({ ...asked, tool_choice: { type: 'any', disable_parallel_tool_use: true } });
    expect(single.content.filter(({ type }) => type === 'tool_use').length).toBe(1);
  });

  it('send events that /openapi.json describes', async () => {
    const app = await injected({ engine: fakeEngine({ behaviour: thinkAndCall }) });
    const reply = await app.inject({ method: 'POST', url: '/v1/messages', payload: { model: 'org/one', max_tokens: 5, messages, stream: true } });
    const events = reply.body.split('\n\n').filter(Boolean).map((frame) => JSON.parse(frame.split('\ndata: ')[1]!) as unknown);
    expect(events.length).toBeGreaterThan(10);
    for (const event of events) expect(messageEventSchema.safeParse(event).error).toBeUndefined();
  });

  it('map tools, their results and pictures', async () => {
    const { anthropic, engine } = await client();
    await anthropic.messages.create({
      model: 'org/one',
      max_tokens: 5,
      tools: [weather],
      tool_choice: { type: 'tool', name: 'weather' },
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Look' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } }] },
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm.', signature: '' }, { type: 'tool_use', id: 'call_a', name: 'weather', input: { city: 'Paris' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_a', content: [{ type: 'text', text: 'Sun' }] }, { type: 'text', text: 'And?' }] },
      ],
    });
    expect(engine.requests[0]).toMatchObject({
      toolChoice: { type: 'function', function: { name: 'weather' } },
      tools: [{ type: 'function', function: { name: 'weather', description: 'Weather of a city', parameters: weather.input_schema } }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Look' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } }] },
        { role: 'assistant', content: null, reasoningContent: 'Hm.', toolCalls: [{ id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }] },
        { role: 'tool', toolCallId: 'call_a', content: 'Sun' },
        { role: 'user', content: 'And?' },
      ],
    });
  });

  it('are counted by the model itself', async () => {
    const { anthropic, engine } = await client();
    expect(await anthropic.messages.countTokens({ model: 'org/one', messages, system: 'Be kind.' })).toMatchObject({ input_tokens: 5 });
    expect(engine.requests[0]).toMatchObject({ maxTokens: 1, messages: [{ role: 'system' }, { role: 'user' }] });
  });
});

describe('errors', () => {
  it.each([
    ['an unknown model', { model: 'org/two' }, 404, 'not_found_error'],
    ['a wrong field', { max_tokens: 0 }, 400, 'invalid_request_error'],
    ['a picture of the web', { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'http://169.254.169.254/x' } }] }] }, 400, 'invalid_request_error'],
  ])('of %s reach the client', async (_what, fields, status, type) => {
    const { anthropic } = await client();
    const failure = await anthropic.messages.create({ model: 'org/one', max_tokens: 5, messages, ...fields } as never).then(() => undefined, (error: unknown) => error as APIError);
    expect(failure).toBeInstanceOf(APIError);
    expect([failure!.status, failure!.error]).toMatchObject([status, { type: 'error', error: { type } }]);
  });

  it('of a wrong key, and of a full queue', async () => {
    const { url } = await listening({ apiKeys: ['secret'] });
    await expect(new Anthropic({ baseURL: url, apiKey: 'wrong', maxRetries: 0 }).messages.create({ model: 'org/one', max_tokens: 5, messages })).rejects.toMatchObject({ status: 401 });
    const { anthropic } = await client({ behaviour: failing(new LlmiError('QUEUE_FULL', { message: 'Full.' })) });
    await expect(anthropic.messages.create({ model: 'org/one', max_tokens: 5, messages })).rejects.toMatchObject({ status: 429, error: { error: { type: 'rate_limit_error' } } });
  });

  it('in the middle of a stream are an event', async () => {
    const app = await injected({
      engine: fakeEngine({
        behaviour: async function* () {
          yield { type: 'text', token: 'a' };
          throw new LlmiError('RUNNER_CRASHED', { message: 'It crashed.', hint: 'Again.' });
        },
      }),
    });
    const reply = await app.inject({ method: 'POST', url: '/v1/messages', payload: { model: 'org/one', max_tokens: 5, messages, stream: true } });
    expect(reply.body).toContain('event: error\n');
    expect(JSON.parse(reply.body.split('data: ').at(-1)!)).toMatchObject({ type: 'error', error: { type: 'overloaded_error', message: 'It crashed. Again.' } });
    expect(eventsOf(reply.body)).toEqual([]); // every frame has a name
  });

  it('a client that stops listening ends the work', async () => {
    const { anthropic, engine } = await client({ behaviour: hang });
    const stream = anthropic.messages.stream({ model: 'org/one', max_tokens: 5, messages });
    stream.on('text', () => stream.abort());
    await stream.done().catch(() => {});
    await until(() => engine.active === 0);
    expect(engine.aborts).toMatchObject([{ code: 'CANCELLED' }]);
  });
});
