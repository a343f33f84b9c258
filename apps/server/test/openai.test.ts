import { doneEvent, LlmiError } from '@llmi/core';
import OpenAI, { APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import { chatCompletionSchema, completionSchema } from '../src/dialects/openai/reply-schemas.js';
import { failing, fakeEngine, hang, textResult, type FakeEngineOptions } from './fake-engine.js';
import { eventsOf, injected, listening, postJson, until } from './harness.js';

async function client(options: FakeEngineOptions = {}) {
  const { url, engine } = await listening({ engine: fakeEngine(options) });
  return { openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 }), engine, url };
}

const messages = [{ role: 'user' as const, content: 'hello my friend' }];

describe('chat completions', () => {
  it('answer the openai client', async () => {
    const { openai, engine } = await client();
    const reply = await openai.chat.completions.create({
      model: 'org/one',
      messages: [{ role: 'system', content: 'Be kind.' }, { role: 'assistant', content: 'Hi.', refusal: null }, ...messages],
      max_completion_tokens: 9,
      stop: 'END',
      seed: 11,
      temperature: 0,
      top_p: 0.5,
      presence_penalty: 0.1,
      logit_bias: { 5: 1 },
      reasoning_effort: 'low',
      response_format: { type: 'json_object' },
      user: 'me',
      store: false,
      metadata: { a: 'b' },
    });
    expect(chatCompletionSchema.parse(reply)).toMatchObject({ object: 'chat.completion', model: 'org/one' });
    expect(reply.choices).toEqual([{ index: 0, message: { role: 'assistant', content: 'hello my friend', refusal: null }, logprobs: null, finish_reason: 'stop' }]);
    expect(reply.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 3, total_tokens: 8, prompt_tokens_details: { cached_tokens: 2 } });
    expect(reply._request_id).toMatch(/^req_/);
    expect(engine.requests).toEqual([
      {
        mode: 'chat',
        messages: [{ role: 'system', content: 'Be kind.' }, { role: 'assistant', content: 'Hi.' }, { role: 'user', content: 'hello my friend' }],
        maxTokens: 9,
        stopSequences: ['END'],
        seed: 11,
        temperature: 0,
        topP: 0.5,
        presencePenalty: 0.1,
        logitBias: { 5: 1 },
        reasoning: 'low',
        responseFormat: { type: 'json_object' },
      },
    ]);
  });

  it('stream: the role first, no reason until the last chunk, usage in one of its own', async () => {
    const { openai } = await client();
    const stream = await openai.chat.completions.create({ model: 'org/one', messages, stream: true, stream_options: { include_usage: true } });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.slice(0, -1).map(({ choices }) => choices[0])).toEqual([
      { index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null },
      { index: 0, delta: { content: 'hello ' }, logprobs: null, finish_reason: null },
      { index: 0, delta: { content: 'my ' }, logprobs: null, finish_reason: null },
      { index: 0, delta: { content: 'friend' }, logprobs: null, finish_reason: null },
      { index: 0, delta: {}, logprobs: null, finish_reason: 'stop' },
    ]);
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 } });
    expect(new Set(chunks.map(({ id, model, object }) => `${id} ${model} ${object}`)).size).toBe(1);
  });

  it('end their stream with [DONE], and without usage unless it is asked for', async () => {
    const app = await injected();
    const reply = await app.inject({ method: 'POST', url: '/v1/chat/completions', payload: { model: 'org/one', messages, stream: true } });
    expect(reply.body.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(eventsOf(reply.body).some((chunk) => 'usage' in chunk)).toBe(false);
  });

  it('give n choices with seeds that count up, and count the prompt once', async () => {
    const { openai, engine } = await client();
    const reply = await openai.chat.completions.create({ model: 'org/one', messages, n: 3, seed: 40 });
    expect(reply.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(engine.requests.map(({ seed }) => seed)).toEqual([40, 41, 42]);
    expect(reply.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 9, total_tokens: 14 });
    const stream = await openai.chat.completions.create({ model: 'org/one', messages, n: 2, stream: true });
    const texts = ['', ''];
    for await (const { choices } of stream) for (const { index, delta } of choices) texts[index] += delta.content ?? '';
    expect(texts).toEqual(['hello my friend', 'hello my friend']);
  });

  it('end the other choices when one fails', async () => {
    const { openai, engine } = await client();
    engine.behave(async function* (request, signal) {
      if (request.seed === 1) throw new LlmiError('RUNNER_CRASHED', { message: 'Crashed.' });
      yield* hang(request, signal);
    });
    await expect(openai.chat.completions.create({ model: 'org/one', messages, n: 2, seed: 0 })).rejects.toMatchObject({ status: 503 });
    expect(engine.active).toBe(0);
  });

  it('carry tools, reasoning and log probabilities', async () => {
    const { openai, engine } = await client();
    const toolCalls = ['a', 'b'].map((id) => ({ id, type: 'function' as const, function: { name: 'weather', arguments: '{"city":"Rome"}' } }));
    engine.behave(async function* () {
      yield { type: 'reasoning', token: 'hm' };
      yield { type: 'text', token: 'é', logprobs: [{ token: 'é', logprob: -0.1, topLogprobs: [{ token: 'e', logprob: -2 }] }] };
      for (const [index, toolCall] of toolCalls.entries()) yield { type: 'tool_call', index, toolCall };
      yield doneEvent({ ...textResult(''), reasoning: 'hm', toolCalls, finishReason: 'tool_calls', logprobs: [{ token: 'é', logprob: -0.1, topLogprobs: [] }] } as ReturnType<typeof textResult>);
    });
    const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: { type: 'object', properties: { city_name: { type: 'string' } } } } }];
    const asked = { model: 'org/one', messages, tools, tool_choice: 'auto' as const, logprobs: true, top_logprobs: 1 };
    const reply = await openai.chat.completions.create(asked);
    expect(reply.choices[0]).toMatchObject({
      message: { content: null, tool_calls: toolCalls, reasoning_content: 'hm' },
      finish_reason: 'tool_calls',
      logprobs: { content: [{ token: 'é', logprob: -0.1, bytes: [195, 169], top_logprobs: [] }] },
    });
    expect(engine.requests[0]).toMatchObject({ tools, toolChoice: 'auto', logprobs: 1 });
    const deltas = [];
    for await (const chunk of await openai.chat.completions.create({ ...asked, stream: true })) deltas.push(chunk.choices[0]);
    expect(deltas.map((choice) => choice?.delta)).toEqual([
      { role: 'assistant', content: '' },
      { reasoning_content: 'hm' },
      { content: 'é' },
      { tool_calls: [{ index: 0, ...toolCalls[0] }] },
      { tool_calls: [{ index: 1, ...toolCalls[1] }] },
      {},
    ]);
    expect(deltas[2]?.logprobs?.content?.[0]).toMatchObject({ bytes: [195, 169], top_logprobs: [{ token: 'e', logprob: -2, bytes: [101] }] });
    const single = await openai.chat.completions.create({ ...asked, parallel_tool_calls: false });
    expect(single.choices[0]!.message.tool_calls).toEqual(toolCalls.slice(0, 1));
  });

  it('take back what they answered: tool calls, tool results, empty fields', async () => {
    const { openai, engine } = await client();
    const call = { id: 'a', type: 'function' as const, function: { name: 'f', arguments: '{}' } };
    await openai.chat.completions.create({
      model: 'org/one',
      messages: [...messages, { role: 'assistant', content: null, refusal: null, tool_calls: [call] }, { role: 'tool', tool_call_id: 'a', content: 'sunny' }],
    });
    expect(engine.requests[0]!.messages).toEqual([
      { role: 'user', content: 'hello my friend' },
      { role: 'assistant', content: null, toolCalls: [call] },
      { role: 'tool', content: 'sunny', toolCallId: 'a' },
    ]);
  });

  it('stop the work when the client leaves the stream', async () => {
    const { openai, engine } = await client({ behaviour: hang });
    for await (const _chunk of await openai.chat.completions.create({ model: 'org/one', messages, stream: true })) break;
    await until(() => engine.active === 0);
    expect(engine.aborts).toMatchObject([{ code: 'CANCELLED' }]);
  });

  it('tell a client in the middle of a stream that the model crashed', async () => {
    const { openai, engine } = await client();
    engine.behave(async function* () {
      yield { type: 'text', token: 'one' };
      throw new LlmiError('RUNNER_CRASHED', { message: 'The process was ended by SIGKILL.' });
    });
    const texts: string[] = [];
    const read = async () => {
      for await (const { choices } of await openai.chat.completions.create({ model: 'org/one', messages, stream: true })) texts.push(choices[0]!.delta.content ?? '');
    };
    await expect(read()).rejects.toThrow(/SIGKILL/);
    expect(texts).toEqual(['', 'one']);
  });
});

describe('completions', () => {
  it('answer one prompt or several, n times each', async () => {
    const { openai, engine } = await client();
    const reply = await openai.completions.create({ model: 'org/one', prompt: ['a b', 'c'], n: 2, seed: 1, max_tokens: 4, echo: true });
    expect(completionSchema.parse(reply).choices.map(({ index, text }) => [index, text])).toEqual([[0, 'a ba b'], [1, 'a ba b'], [2, 'cc'], [3, 'cc']]);
    expect(engine.requests).toHaveLength(4);
    expect(engine.requests[0]).toEqual({ mode: 'complete', prompt: 'a b', seed: 1, maxTokens: 4 });
    expect(reply.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 6 });
  });

  it('stream', async () => {
    const { openai } = await client();
    const stream = await openai.completions.create({ model: 'org/one', prompt: 'a b', echo: true, stream: true, stream_options: { include_usage: true } });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.slice(0, -1).map(({ choices }) => [choices[0]!.text, choices[0]!.finish_reason])).toEqual([['a ba ', null], ['b', null], ['', 'stop']]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 7 } });
  });

  it('give log probabilities in the older shape', async () => {
    const { openai, engine } = await client();
    const logprobs = [{ token: 'a ', logprob: -1, topLogprobs: [{ token: 'x', logprob: -2 }] }, { token: 'b', logprob: -3, topLogprobs: [] }];
    engine.behave(async function* () {
      for (const entry of logprobs) yield { type: 'text', token: entry.token, logprobs: [entry] };
      yield doneEvent({ ...textResult('a b'), logprobs } as ReturnType<typeof textResult>);
    });
    const expected = { tokens: ['a ', 'b'], token_logprobs: [-1, -3], top_logprobs: [{ x: -2 }, {}], text_offset: [0, 2] };
    const reply = await openai.completions.create({ model: 'org/one', prompt: 'p', logprobs: 1 });
    expect(reply.choices[0]!.logprobs).toEqual(expected);
    const offsets = [];
    for await (const { choices } of await openai.completions.create({ model: 'org/one', prompt: 'p', logprobs: 1, stream: true })) offsets.push(...(choices[0]!.logprobs?.text_offset ?? []));
    expect(offsets).toEqual(expected.text_offset);
  });
});

describe('embeddings', () => {
  const vectors = [[0.5, -0.25, 1], [1.5, 0, 3]];
  const embed: FakeEngineOptions['behaviour'] = async function* (request) {
    yield doneEvent({ type: 'embedding', embeddings: vectors.slice(0, request.texts!.length), dimensions: 3, usage: { promptTokens: 6, completionTokens: 0, totalTokens: 6 } });
  };

  it('answer the openai client, which asks for base64', async () => {
    const { openai, engine, url } = await client({ behaviour: embed });
    const reply = await openai.embeddings.create({ model: 'org/one', input: ['a', 'b'], dimensions: 3 });
    expect(reply.data).toEqual(vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })));
    expect(reply.usage).toEqual({ prompt_tokens: 6, total_tokens: 6 });
    expect(engine.requests).toEqual([{ texts: ['a', 'b'], dimensions: 3 }]);
    const raw = (await (await postJson(`${url}/v1/embeddings`, { model: 'org/one', input: 'a', encoding_format: 'base64' })).json()) as { data: { embedding: string }[] };
    expect(raw.data[0]!.embedding).toBe(Buffer.from(Float32Array.of(0.5, -0.25, 1).buffer).toString('base64'));
  });

  it('give numbers when asked to', async () => {
    const { openai } = await client({ behaviour: embed });
    const reply = await openai.embeddings.create({ model: 'org/one', input: 'a', encoding_format: 'float' });
    expect(reply.data[0]!.embedding).toEqual(vectors[0]);
  });

  it('refuse a model that makes no vectors, as chat refuses one that makes no text', async () => {
    const { openai } = await client();
    await expect(openai.embeddings.create({ model: 'org/one', input: 'a' })).rejects.toMatchObject({ status: 422, code: 'task_unsupported' });
    const text = await client({ behaviour: failing(new LlmiError('INPUT_UNSUPPORTED', { message: 'A text model has no use for "texts".', param: 'texts' })) });
    await expect(text.openai.embeddings.create({ model: 'org/one', input: 'a' })).rejects.toMatchObject({ status: 422, code: 'task_unsupported', param: 'model' });
    const other = await client({ behaviour: async function* () { yield doneEvent({ type: 'classification', labels: [] }); } });
    await expect(other.openai.chat.completions.create({ model: 'org/one', messages })).rejects.toMatchObject({ status: 422, code: 'task_unsupported' });
  });
});

describe('models', () => {
  it('are listed, and found by names with slashes', async () => {
    const { openai, url } = await client({ models: ['org/one', 'demo'] });
    const list = [];
    for await (const model of openai.models.list()) list.push(model);
    expect(list).toEqual([
      { id: 'org/one', object: 'model', created: 1767323045, owned_by: 'org' },
      { id: 'demo', object: 'model', created: 1767323045, owned_by: 'llmi' },
    ]);
    expect(await openai.models.retrieve('org/one')).toEqual(list[0]);
    expect(await (await fetch(`${url}/v1/models/org/one`)).json()).toEqual(list[0]);
  });
});

describe('errors', () => {
  it('reach the client as its own error classes', async () => {
    const { openai, engine } = await client({ models: ['org/one', 'org/two'] });
    const ask = (body: object) => openai.chat.completions.create({ model: 'org/one', messages, ...body }).then(() => undefined, (error: APIError) => error);
    expect(await ask({ model: 'org/oen' })).toMatchObject({ status: 404, code: 'model_not_found', param: 'model', message: expect.stringContaining('org/one') });
    expect(await ask({ wrong_field: 1 })).toMatchObject({ status: 400, type: 'invalid_request_error', param: 'wrong_field' });
    engine.behave(failing(new LlmiError('CONTEXT_LENGTH_EXCEEDED', { message: 'Too long.', param: 'prompt' })));
    for (const stream of [false, true]) expect(await ask({ stream })).toMatchObject({ status: 400, code: 'context_length_exceeded', type: 'invalid_request_error', param: 'messages' });
    engine.behave(failing(new LlmiError('QUEUE_FULL', { message: 'Full.' })));
    const full = await ask({});
    expect(full).toBeInstanceOf(OpenAI.RateLimitError);
    expect(full!.headers!.get('retry-after')).toBe('2');
  });

  it.each([
    ['chat/completions', { messages }, 'model'],
    ['chat/completions', { model: 'org/one', messages: [] }, 'messages'],
    ['chat/completions', { model: 'org/one', messages, toString: 1 }, 'toString'],
    ['chat/completions', { model: 'org/one', messages, temperature: 3 }, 'temperature'],
    ['chat/completions', { model: 'org/one', messages, n: 0 }, 'n'],
    ['chat/completions', { model: 'org/one', messages, top_logprobs: 2 }, 'top_logprobs'],
    ['chat/completions', { model: 'org/one', messages, modalities: ['audio'] }, 'modalities[0]'],
    ['chat/completions', { model: 'org/one', messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://169.254.169.254/' } }] }] }, 'messages[0].content[0].image_url.url'],
    ['completions', { model: 'org/one', prompt: [1, 2, 3] }, 'prompt'],
    ['completions', { model: 'org/one', prompt: 'a', suffix: 'b' }, 'suffix'],
    ['completions', { model: 'org/one', prompt: 'a', best_of: 3 }, 'best_of'],
    ['completions', { model: 'org/one', prompt: 'a', echo: true, logprobs: 1 }, 'logprobs'],
    ['completions', { model: 'org/one', prompt: Array(50).fill('a'), n: 3 }, 'n'],
    ['embeddings', { model: 'org/one', input: [[1, 2]] }, 'input'],
    ['embeddings', { model: 'org/one', input: 'a', encoding_format: 'int8' }, 'encoding_format'],
  ])('%s refuses %j by naming the field', async (route, payload, param) => {
    const app = await injected();
    const reply = await app.inject({ method: 'POST', url: `/v1/${route}`, payload });
    expect(reply.statusCode).toBe(400);
    expect(reply.json()).toEqual({ error: { message: expect.any(String), type: 'invalid_request_error', param, code: 'input_invalid' } });
  });
});
