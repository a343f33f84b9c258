import { generateEventSchema, modelInfoSchema, type GenerateEvent, type GenerateRequest, type ResultOf } from '@llmi/core';
import { afterAll, describe, expect, it } from 'vitest';
import definition, { type LoadedTextModel, type TransformerHandler } from '../src/index.js';
import { toolFormats } from '../src/tools/formats.js';
import { tinyModel } from './tiny-model.js';

const turns = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + (m.content or '') + '<|im_end|>\n' }}{% endfor %}";
const start = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
const listed = '{% if tools %}{{ tools | tojson }}{% endif %}';

const open: { model: LoadedTextModel; remove(): void }[] = [];
afterAll(async () => {
  for (const { model, remove } of open) {
    await model[Symbol.asyncDispose]();
    remove();
  }
});

async function load(template: string | undefined): Promise<{ handler: TransformerHandler; model: LoadedTextModel }> {
  const tiny = await tinyModel({ context: 2048, ...(template === undefined ? {} : { metadata: [['tokenizer.chat_template', 'string', template]] }) });
  const handler = definition.create(modelInfoSchema.parse({ id: 'local/tiny', source: 'file', files: [], text: template === undefined ? {} : { 'chat_template.jinja': template } })) as TransformerHandler;
  const model = await handler.loadModel(tiny.path, { device: 'cpu', contextSize: 2048 });
  open.push({ model, remove: tiny.remove });
  return { handler, model };
}

async function answer(model: LoadedTextModel, request: GenerateRequest): Promise<{ events: GenerateEvent[]; result: ResultOf<'text'> }> {
  const events: GenerateEvent[] = [];
  for await (const event of model.generate({ temperature: 1, seed: 3, maxTokens: 1500, prompt: 'the sea', ...request })) {
    expect(generateEventSchema.parse(event)).toEqual(event);
    events.push(event);
  }
  const done = events.at(-1);
  if (done?.type !== 'done' || done.result.type !== 'text') throw new Error('no text');
  return { events, result: done.result };
}

const tools: NonNullable<GenerateRequest['tools']> = [
  { type: 'function', function: { name: 'get_weather', description: 'Tells the weather.', parameters: { type: 'object', properties: { city: { enum: ['Rome', 'Oslo'], type: 'string' }, days: { type: 'integer', minimum: 1, maximum: 9 } }, required: ['city', 'days'], additionalProperties: false } } },
  { type: 'function', function: { name: 'get_time', parameters: { type: 'object', properties: {}, additionalProperties: false } } },
];

function expectCalls(result: ResultOf<'text'>): void {
  expect(result.finishReason).toBe('tool_calls');
  for (const { id, function: { name, arguments: text } } of result.toolCalls!) {
    expect(id).toMatch(/^(call_[A-Za-z0-9]{24}|[A-Za-z0-9]{9}|functions\.\w+:\d|\d)$/);
    const expected = name === 'get_weather' ? { city: expect.stringMatching(/^(Rome|Oslo)$/) as string, days: expect.any(Number) as number } : {};
    expect(JSON.parse(text)).toEqual(expected);
  }
}

/** By family: words that its templates have. */
const families: Record<string, string> = {
  deepseek: '<｜tool▁calls▁begin｜>', 'deepseek-dsml': '｜DSML｜', 'kimi-k2': '<|tool_calls_section_begin|>', 'command-a': '<|START_ACTION|>', 'command-r': 'Action: ```json', 'minimax-m2': 'minimax:tool_call', 'seed-oss': '<seed:tool_call>',
  gemma4: '<|tool_call> <tool_call|>', 'function-gemma': '<start_function_call>', 'functionary-v3.2': '>>>all', 'functionary-v3.1': '<function=', 'mistral-args': '[TOOL_CALLS][ARGS]', mistral: '[TOOL_CALLS]',
  phi4: '<|tool_call|><|/tool_call|>', granite: '<|tool_call|>', lfm2: '<|tool_call_start|>', 'nemotron-v2': '<TOOLCALL>', 'tool-calls': '<tool_calls>', functools: 'functools[', 'qwen-coder': '<tool_call><function=', glm: '<tool_call><arg_key>', hermes: '<tool_call>', llama3: '<|python_tag|>', python: 'tool_code', harmony: '<|channel|>analysis',
};

describe('a call that must be made', () => {
  it('is known for every format', () => {
    expect(toolFormats.map(({ name }) => name)).toEqual(Object.keys(families).filter((name) => name !== 'harmony'));
  });

  it.each(Object.entries(families))('is made in the format of %s', async (family, words) => {
    const end = family === 'functionary-v3.2' ? "{{ '<|im_start|>assistant\n>>>' }}" : family === 'harmony' ? "{{ '<|start|>assistant' }}" : start;
    const { model } = await load(`${listed}{# ${words} #}${turns}${end}`);
    for (const seed of [1, 2]) {
      const { events, result } = await answer(model, { tools, toolChoice: 'required', seed, reasoning: 'off' });
      expectCalls(result);
      expect(result.text.trim()).toBe('');
      expect(events.flatMap((event) => (event.type === 'tool_call' ? [[event.index, event.toolCall]] : []))).toEqual(result.toolCalls!.map((call, index) => [index, call]));
    }
    const named = await answer(model, { tools, toolChoice: { type: 'function', function: { name: 'get_time' } }, reasoning: 'off' });
    expect(named.result.toolCalls!.map((call) => call.function.name)).toEqual(['get_time']);
  });

  it.each([['no place for tools', `${turns}${start}`], ['no template at all', undefined]])('is made by a model with %s', async (_, template) => {
    const { model } = await load(template);
    expectCalls((await answer(model, { tools, toolChoice: 'required' })).result);
    const history: GenerateRequest['messages'] = [
      { role: 'user', content: 'the weather?' },
      { role: 'assistant', toolCalls: [{ id: 'a', type: 'function', function: { name: 'get_time', arguments: '{}' } }] },
      { role: 'tool', toolCallId: 'a', content: 'noon' },
    ];
    expect((await answer(model, { prompt: undefined, messages: history, tools, maxTokens: 5 })).result.usage.completionTokens).toBe(5);
  });

  it('is asked for in the first message where a template refuses a system text', async () => {
    const { model } = await load(`{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}${turns}${start}`);
    expectCalls((await answer(model, { tools, toolChoice: 'required' })).result);
  });

  it('comes after the thinking', async () => {
    const { model } = await load(`${listed}{# <tool_call> #}${turns}{{ '<|im_start|>assistant\n<think>\n' }}`);
    const { events, result } = await answer(model, { tools, toolChoice: 'required', reasoning: 10 });
    expectCalls(result);
    expect(result.usage.reasoningTokens).toBeGreaterThanOrEqual(10);
    const types = events.map(({ type }) => type);
    expect(types.lastIndexOf('reasoning')).toBeLessThan(types.indexOf('tool_call'));
  });
});

describe('thinking', () => {
  const thinker = `${turns}{% if enable_thinking is defined and not enable_thinking %}{{ '<|im_start|>assistant\n<think>\n\n</think>\n\n' }}{% else %}{{ '<|im_start|>assistant\n<think>\n' }}{% endif %}`;

  it('is told apart from the answer, and ended by its budget', async () => {
    const { model, handler } = await load(thinker);
    expect(handler.getModelCapabilities().supportsReasoning).toBe(true);
    const { events, result } = await answer(model, { reasoning: 12, maxTokens: 40, temperature: 0 });
    expect(result.reasoning).not.toBe('');
    expect(result.usage.reasoningTokens).toBeLessThan(30);
    expect(result.text).not.toContain('think>');
    expect(events.map((event) => (event.type === 'reasoning' ? event.token : '')).join('')).toBe(result.reasoning);
    expect(events.map((event) => (event.type === 'text' ? event.token : '')).join('')).toBe(result.text);
  });

  it('is left out, by the switch of the template or without one', async () => {
    for (const template of [thinker, `${turns}{{ '<|im_start|>assistant\n<think>\n' }}`, `{# <think> #}${turns}${start}`]) {
      const { model } = await load(template);
      const { result } = await answer(model, { reasoning: 'off', maxTokens: 20 });
      expect([result.reasoning, result.usage.reasoningTokens]).toEqual([undefined, undefined]);
      expect(result.text).not.toBe('');
    }
  });

  it('leaves JSON to the answer', async () => {
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'], additionalProperties: false };
    const responseFormat = { type: 'json_schema' as const, json_schema: { schema } };
    for (const template of [thinker, `{# <think> #}${turns}${start}`]) {
      const { model } = await load(template);
      const { result } = await answer(model, { reasoning: 8, responseFormat });
      expect(JSON.parse(result.text)).toEqual({ ok: expect.any(Boolean) as boolean });
    }
  });

  it('in channels is ended by its budget, too', async () => {
    const { model } = await load(`${turns}{{ '<|start|>assistant<|channel|>analysis<|message|>' }}`);
    const { result } = await answer(model, { reasoning: 6, maxTokens: 60 });
    expect(result.usage.reasoningTokens).toBeGreaterThanOrEqual(6);
    expect(result.text).not.toBe('');
    expect(result.text + result.reasoning!).not.toContain('<|');
  });

  it('is refused of a model that does not think', async () => {
    const { model, handler } = await load(`${turns}${start}`);
    await expect(answer(model, { reasoning: 'high' })).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'reasoning' });
    expect(handler.validateInputs({ prompt: 'a', reasoning: 'high' })).toMatchObject({ ok: false, param: 'reasoning' });
    expect(handler.validateInputs({ prompt: 'a', reasoning: 'off' })).toEqual({ ok: true });
    expect(handler.validateInputs({ prompt: 'a', responseFormat: { type: 'json_schema', json_schema: { schema: { not: {} } } } })).toMatchObject({ ok: false, param: 'response_format.json_schema' });
  });
});

describe('an answer', () => {
  it('keeps to a grammar', async () => {
    const { model } = await load(undefined);
    const { result } = await answer(model, { responseFormat: { type: 'grammar', grammar: 'root ::= ("yes" | "no") "!"{1,3}' } });
    expect(result.text).toMatch(/^(yes|no)!{1,3}$/);
    await expect(answer(model, { responseFormat: { type: 'grammar', grammar: 'root ::= no-rule' } })).rejects.toMatchObject({ code: 'INPUT_INVALID', param: 'response_format.grammar' });
  });

  it('may be JSON or a call', async () => {
    const { model } = await load(`${listed}{# <tool_call> #}${turns}${start}`);
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'], additionalProperties: false };
    for (const seed of [1, 2, 3, 4]) {
      const { result } = await answer(model, { tools, seed, responseFormat: { type: 'json_schema', json_schema: { schema } } });
      if (result.toolCalls) expectCalls(result);
      else expect(JSON.parse(result.text)).toEqual({ ok: expect.any(Boolean) as boolean });
    }
  });

  it('names the stop sequence that ended it', async () => {
    const { model } = await load(undefined);
    const whole = (await answer(model, { maxTokens: 40, temperature: 0 })).result.text;
    const { result } = await answer(model, { maxTokens: 40, temperature: 0, stopSequences: ['never', whole.slice(8, 10)] });
    expect(result.stopSequence).toBe(whole.slice(8, 10));
  });

  it('goes on beyond the context where it may, and tells what was dropped', async () => {
    const { model } = await load(undefined);
    const { result } = await answer(model, { prompt: 'the sea '.repeat(200), maxTokens: 1200, contextShift: true });
    expect(result.usage.completionTokens).toBe(1200);
    expect(result.truncatedTokens).toBeGreaterThan(0);
    expect((await answer(model, { prompt: 'the sea '.repeat(900), truncate: true, maxTokens: 10 })).result.truncatedTokens).toBeGreaterThan(100);
  });

  it('is drawn with samplers against repetition', async () => {
    const { model } = await load(undefined);
    const forced = { maxTokens: 60, logitBias: { 77: 30 } };
    const text = async (request: GenerateRequest) => (await answer(model, request)).result.text;
    expect(await text({ ...forced, dryMultiplier: 5, dryBase: 4 })).not.toBe(await text(forced));
    expect(await text({ maxTokens: 30, xtcProbability: 1, xtcThreshold: 0.01 })).not.toBe(await text({ maxTokens: 30 }));
  });
});
