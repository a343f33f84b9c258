import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { generateEventSchema, doneEvent } from './generate-event.js';
import { generateRequestSchema } from './generate-request.js';
import { LlmiError } from './errors.js';
import { fromWire, nearest, toWire, wireJsonSchema } from './wire.js';

const read = (body: unknown) => fromWire(generateRequestSchema, body);

function refusal(body: unknown): LlmiError {
  try {
    read(body);
  } catch (error) {
    if (LlmiError.is(error)) return error;
  }
  throw new Error('it was not refused');
}

describe('fromWire', () => {
  it('reads snake_case fields, nested ones too', () => {
    expect(read({ max_tokens: 3, messages: [{ role: 'tool', content: 'x', tool_call_id: 'a' }] })).toEqual({
      maxTokens: 3,
      messages: [{ role: 'tool', content: 'x', toolCallId: 'a' }],
    });
  });

  it('leaves the keys of data alone', () => {
    const parameters = { type: 'object', properties: { user_name: { type: 'string' } } };
    const tools = [{ type: 'function', function: { name: 'get_user', parameters } }];
    expect(read({ tools, logit_bias: { 42: 1.5 } })).toEqual({ tools, logitBias: { 42: 1.5 } });
  });

  it.each([
    [{ max_tokens: 'many' }, 'max_tokens'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ temperature: 2.1 }, 'temperature'],
    [{ temperature: Number.NaN }, 'temperature'],
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ messages: [{ role: 'wizard', content: '' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: 'x', colour: 'red' }] }, 'messages[0].colour'],
    [{ width: 65 }, 'width'],
    [{ mode: 'a b' }, 'mode'],
    [{ stop_sequences: Array.from({ length: 17 }, String) }, 'stop_sequences'],
    [{ seed: Number.POSITIVE_INFINITY }, 'seed'],
  ])('refuses %j and names the field', (body, param) => {
    expect(refusal(body)).toMatchObject({ code: 'INPUT_INVALID', param, status: 400 });
  });

  it('says which field an unknown one is near to', () => {
    expect(refusal({ promt: 'x' }).hint).toBe('Did you mean "prompt"?');
    expect(refusal({ max_token: 1 }).hint).toBe('Did you mean "max_tokens"?');
  });

  it('refuses the camelCase spelling, which is no field of the wire', () => {
    expect(refusal({ maxTokens: 1 })).toMatchObject({ code: 'INPUT_INVALID', hint: 'Did you mean "max_tokens"?' });
  });

  it.each([null, 5, 'text', [], undefined])('refuses a body that is no object: %j', (body) => {
    expect(refusal(body).code).toBe('INPUT_INVALID');
  });

  it('refuses a value that breaks the check itself', () => {
    expect(refusal({ model: { length: { toString: 1 } } }).code).toBe('INPUT_INVALID');
  });

  it('is not fooled by __proto__', () => {
    const body = JSON.parse('{"prompt": "x", "__proto__": {"maxTokens": 1}}') as unknown;
    expect(refusal(body).code).toBe('INPUT_INVALID');
    expect(({} as Record<string, unknown>).maxTokens).toBeUndefined();
  });
});

describe('toWire', () => {
  it('writes an event with its answer in snake_case', () => {
    const done = doneEvent({ type: 'text', text: 'Hi', finishReason: 'stop', usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 } });
    expect(toWire(generateEventSchema, done)).toEqual({
      type: 'done',
      full_text: 'Hi',
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
      result: { type: 'text', text: 'Hi', finish_reason: 'stop', usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } },
    });
  });

  it('is undone by fromWire', () => {
    const schema = z.strictObject({ firstName: z.string(), manyThings: z.array(z.strictObject({ oneThing: z.int() })) });
    const value = { firstName: 'Ada', manyThings: [{ oneThing: 1 }] };
    expect(fromWire(schema, toWire(schema, value))).toEqual(value);
  });
});

describe('wireJsonSchema', () => {
  it('names properties as the wire does', () => {
    const schema = wireJsonSchema(generateRequestSchema) as { properties: Record<string, unknown>; additionalProperties: boolean };
    expect(Object.keys(schema.properties)).toContain('stop_sequences');
    expect(Object.keys(schema.properties)).not.toContain('stopSequences');
    expect(schema.additionalProperties).toBe(false);
  });
});

describe('nearest', () => {
  it('finds a misspelt word and leaves a foreign one alone', () => {
    expect(nearest('instal', ['install', 'list'])).toBe('install');
    expect(nearest('banana', ['install', 'list'])).toBeUndefined();
  });
});

it('says of every field of a request what it means, where the wire is described', () => {
  const { properties } = wireJsonSchema(generateRequestSchema) as { properties: Record<string, { description?: string }> };
  expect(Object.keys(properties).length).toBeGreaterThan(60);
  for (const [name, { description }] of Object.entries(properties)) expect(description, name).toMatch(/^[A-Z].*\.$/);
});
