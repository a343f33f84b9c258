import { fileURLToPath } from 'node:url';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { collect, type GenerateEvent, type GenerateRequest, type ResultOf } from '@llmi/core';
import { afterAll, describe, expect, it } from 'vitest';
import type { LoadedTextModel } from '../src/index.js';
import { tinyOnnx } from './tiny-onnx.js';

const { randomNumbers, randomSchema } = (await import(fileURLToPath(new URL('../../../benchmarks/models/random-schema.mjs', import.meta.url)))) as {
  randomNumbers(seed: number): () => number;
  randomSchema(random: () => number): Record<string, unknown>;
};
const ajv = new Ajv2020.default({ strict: false });
addFormats.default(ajv);

const special = ['<|endoftext|>', '<|im_start|>', '<tool_call>', '</tool_call>', '<think>', '</think>', '<|im_end|>'];
const turns = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + (m.content or '') + '<|im_end|>\n' }}{% endfor %}";
const tags = '{# <tool_call> #}{% if tools %}{{ tools | tojson }}{% endif %}';

const open = new Map<string, Promise<Awaited<ReturnType<typeof tinyOnnx>>>>();
afterAll(async () => {
  for (const loaded of open.values()) await (await loaded).remove();
});

/** A model with this template; one for each. */
async function load(template = ''): Promise<LoadedTextModel> {
  let loaded = open.get(template);
  if (!loaded) open.set(template, (loaded = tinyOnnx({ special, ...(template === '' ? {} : { template }) })));
  return (await loaded).model;
}

const answer = async (model: LoadedTextModel, request: GenerateRequest) => (await collect(model.generate({ prompt: 'the sea', temperature: 1, seed: 3, maxTokens: 1200, ...request }))) as ResultOf<'text'>;

/** `pnpm bench structured` checks 500. */
const total = 40;

describe('an answer of a model in ONNX format', () => {
  it(`is valid under ${total} random schemas`, async () => {
    const model = await load();
    const random = randomNumbers(11);
    for (let seed = 0; seed < total; seed++) {
      const schema = randomSchema(random);
      const { text, finishReason } = await answer(model, { seed, responseFormat: { type: 'json_schema', json_schema: { schema } } });
      expect([schema, finishReason]).toEqual([schema, 'stop']);
      const check = ajv.compile(schema);
      expect(check(JSON.parse(text)), `${JSON.stringify(schema)}\n${text}\n${ajv.errorsText(check.errors)}`).toBe(true);
    }
  });

  it('keeps to a grammar, greedy or drawn, and is the same for a seed', async () => {
    const model = await load();
    const responseFormat = { type: 'grammar' as const, grammar: 'root ::= ("yes" | "no") " "? "!"{1,3}' };
    for (const changes of [{ temperature: 0 }, { seed: 1 }, { seed: 2, topK: 3, topP: 0.5 }]) {
      const first = await answer(model, { responseFormat, ...changes });
      expect(first.text).toMatch(/^(yes|no) ?!{1,3}$/);
      expect((await answer(model, { responseFormat, ...changes })).text).toBe(first.text);
    }
    await expect(answer(model, { responseFormat: { type: 'grammar', grammar: 'root ::= no-rule' } })).rejects.toMatchObject({ code: 'INPUT_INVALID', param: 'response_format.grammar' });
  });

  it('is an object, told in the pieces that make it up', async () => {
    const model = await load();
    const events: GenerateEvent[] = [];
    for await (const event of model.generate({ prompt: 'the sea', temperature: 1, seed: 5, maxTokens: 60, logprobs: 1, responseFormat: { type: 'json_object' } })) events.push(event);
    const { result } = events.at(-1) as { result: ResultOf<'text'> };
    expect(result.text[0]).toBe('{');
    expect(events.map((event) => (event.type === 'text' ? event.token : '')).join('')).toBe(result.text);
    expect(result.text).not.toContain('\uFFFD');
    expect(result.logprobs).toHaveLength(result.usage.completionTokens);
  });

  it('is refused where other settings forbid what its form needs', async () => {
    const model = await load();
    const bias = Object.fromEntries(Array.from({ length: 384 }, (_, token) => [token, -Infinity]));
    await expect(answer(model, { logitBias: bias, responseFormat: { type: 'json_object' } })).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'response_format' });
  });
});

const tools: NonNullable<GenerateRequest['tools']> = [
  { type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { enum: ['Rome', 'Oslo'] }, days: { type: 'integer', minimum: 1, maximum: 9 } }, required: ['city', 'days'], additionalProperties: false } } },
  { type: 'function', function: { name: 'get_time', parameters: { type: 'object', properties: {}, additionalProperties: false } } },
];

describe('a call of a model in ONNX format', () => {
  it.each([1, 2, 3])('is made where it must be, with the tokens that calls begin and end with: seed %i', async (seed) => {
    const model = await load(`${tags}${turns}{{ '<|im_start|>assistant\n' }}`);
    const { text, finishReason, toolCalls } = await answer(model, { tools, toolChoice: 'required', seed });
    expect([text.trim(), finishReason]).toEqual(['', 'tool_calls']);
    for (const { function: { name, arguments: args } } of toolCalls!) {
      expect(JSON.parse(args)).toEqual(name === 'get_weather' ? { city: expect.stringMatching(/^(Rome|Oslo)$/) as string, days: expect.any(Number) as number } : {});
    }
    const named = await answer(model, { tools, seed, toolChoice: { type: 'function', function: { name: 'get_time' } } });
    expect(named.toolCalls!.map((call) => call.function.name)).toEqual(['get_time']);
  });

  it('comes after the thinking, which is free', async () => {
    const model = await load(`${tags}${turns}{{ '<|im_start|>assistant\n<think>\n' }}`);
    const result = await answer(model, { tools, toolChoice: 'required', reasoning: 10 });
    expect(result.usage.reasoningTokens).toBeGreaterThan(0);
    expect(result.toolCalls!.length).toBeGreaterThan(0);
  });

  it('or JSON after it', async () => {
    const model = await load(`${tags}${turns}{{ '<|im_start|>assistant\n<think>\n' }}`);
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'], additionalProperties: false };
    const result = await answer(model, { reasoning: 8, responseFormat: { type: 'json_schema', json_schema: { schema } } });
    expect(JSON.parse(result.text)).toEqual({ ok: expect.any(Boolean) as boolean });
  });
});
