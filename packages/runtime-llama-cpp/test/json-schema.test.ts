import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LlamaModel } from '../src/index.js';
import { randomNumbers, randomSchema } from './random-schema.js';
import { tinyModel } from './tiny-model.js';

const ajv = new Ajv2020.default({ strict: false });
addFormats.default(ajv);

let tiny: Awaited<ReturnType<typeof tinyModel>>;
let model: LlamaModel;
beforeAll(async () => {
  tiny = await tinyModel({ context: 2048 });
  model = await LlamaModel.load(tiny.path, { device: 'cpu', parallel: 4, contextSize: 2048 });
});
afterAll(async () => {
  await model[Symbol.asyncDispose]();
  tiny.remove();
});

/** A document that the model, which makes no sense, writes under a schema. */
async function written(schema: Record<string, unknown>, seed: number): Promise<string> {
  const grammar = await model.jsonGrammar(schema);
  const generation = model.generate(model.tokenize('json'), { grammar, sampling: { temperature: 1.5, seed } });
  const tokens: number[] = [];
  for await (const { token } of generation) tokens.push(token);
  expect(generation.endReason, JSON.stringify(schema)).toBe('stop');
  return model.detokenize(tokens);
}

const total = 500;
const lanes = 4;

describe('documents of a model with random weights under random schemas', () => {
  it(`are valid, all ${total}`, { timeout: 300_000 }, async () => {
    const random = randomNumbers(20);
    const schemas = Array.from({ length: total }, () => randomSchema(random));
    const lane = async (first: number) => {
      for (let index = first; index < total; index += lanes) {
        const schema = schemas[index]!;
        const text = await written(schema, index);
        const check = ajv.compile(schema);
        expect(check(JSON.parse(text)), `${JSON.stringify(schema)}\n${text}\n${ajv.errorsText(check.errors)}`).toBe(true);
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, index) => lane(index)));
  });
});

const point = { type: 'object', properties: { x: { type: 'number' }, y: { type: 'number' } }, required: ['x', 'y'], additionalProperties: false };
const tree = { $defs: { node: { type: 'object', properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } }, required: ['name'], additionalProperties: false } }, $ref: '#/$defs/node' };

const accepted: [schema: object, documents: unknown[]][] = [
  [{}, [null, true, 1.5e3, 'a\n"ü😀', [1, [2]], { a: { b: [] } }, {}, []]],
  [point, [{ x: 1, y: -2.5 }]],
  [tree, [{ name: 'a' }, { name: 'a', children: [{ name: 'b', children: [] }] }]],
  [{ type: 'object', properties: { a: { type: 'integer' }, b: { type: 'integer' }, c: { type: 'integer' } }, required: ['b'] }, [{ b: 1 }, { a: 1, b: 2 }, { b: 2, c: 3 }, { a: 1, b: 2, c: 3 }]],
  [{ type: 'object', properties: { ab: { type: 'integer' } }, additionalProperties: { type: 'string' } }, [{}, { ab: 1 }, { a: 'x' }, { ab: 1, abc: 'x', b: 'y' }]],
  [{ type: 'integer', minimum: -5, maximum: 1234 }, [-5, -1, 0, 7, 99, 1000, 1234]],
  [{ type: 'number', minimum: 0.25, exclusiveMaximum: 10 }, [0.25, 0.3, 1, 9.99, 5.123]],
  [{ type: 'string', pattern: 'a+b' }, ['ab', 'xaabx']],
  [{ type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: { type: 'null' } }, [[], ['a'], ['a', 1], ['a', 1, null, null]]],
  [{ type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 3 }, [[1], [1, 2, 3]]],
  [{ type: 'string', maxLength: 3000 }, ['', 'x'.repeat(999), 'x'.repeat(1000), 'x'.repeat(2500), 'x'.repeat(3000)]],
];
const rejected: [schema: object, texts: string[]][] = [
  [point, ['{}', '{"x":1}', '{"x":1,"y":2,"z":3}', '{"y":1,"x":2}', '[1]', '{"x":1,"y":2} ']],
  [{ type: 'object', properties: { ab: { type: 'integer' } }, additionalProperties: { type: 'string' } }, ['{"ab":"x"}', '{"a":1}', '{"\\u0061b":"x"}']],
  [{ type: 'integer', minimum: -5, maximum: 1234 }, ['-6', '1235', '2000', '10000', '01', '1.5']],
  [{ type: 'number', minimum: 0.25, exclusiveMaximum: 10 }, ['0.2', '0', '10', '10.0', '-1', '11']],
  [{ type: 'string', pattern: '^a+b$' }, ['"b"', '"xab"', '"abx"']],
  [{ type: 'string', minLength: 2, maxLength: 3 }, ['"a"', '"abcd"', '"\\ud83d\\ude00"']],
  [{ type: 'string', format: 'date' }, ['"2024-02-30"', '"2024-13-01"', '"today"']],
  [{ type: 'string', maxLength: 3000 }, [`"${'x'.repeat(3001)}"`]],
];

describe('the grammar of a schema', () => {
  const fits = async (schema: object, text: string) => {
    const { native } = await model.jsonGrammar(schema as Record<string, unknown>);
    return (native as unknown as { _testText(text: string): boolean })._testText(text);
  };
  it.each(accepted)('of %j takes what is valid', async (schema, documents) => {
    for (const document of documents) expect(await fits(schema, JSON.stringify(document)), JSON.stringify(document)).toBe(true);
  });
  it.each(rejected)('of %j refuses what is not', async (schema, texts) => {
    for (const text of texts) expect(await fits(schema, text), text).toBe(false);
  });
  it('leaves room between the parts, as models write it', async () => {
    expect(await fits(point, '{\n  "x": 1,\n  "y": 2\n}')).toBe(true);
  });
});

describe('a schema that says more than a grammar can hold', () => {
  it.each([
    [{ not: {} }, '"not"'],
    [{ type: 'array', uniqueItems: true }, '"uniqueItems"'],
    [{ type: 'number', multipleOf: 0.1 }, '"multipleOf"'],
    [{ type: 'object', patternProperties: { a: {} } }, '"patternProperties"'],
    [{ if: {}, then: {} }, '"if"'],
    [{ type: 'string', pattern: '(?=a)b' }, 'ahead'],
    [{ type: 'string', pattern: '(a)\\1' }, '\\1'],
    [{ type: 'string', format: 'duration' }, 'duration'],
    [{ $ref: 'https://example.com/schema' }, 'https://example.com/schema'],
    [{ $ref: '#/$defs/none' }, 'not there'],
    [{ $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' }, 'itself'],
    [{ oneOf: [{ type: 'string' }, { maxLength: 3 }] }, '"oneOf"'],
    [{ type: 'object', properties: { a: { type: 'thing' } } }, 'properties.a'],
    [{ type: 'object', required: ['a'], additionalProperties: false }, '"a"'],
    [{ allOf: [{ type: 'string' }, { type: 'null' }] }, 'two types'],
    [{ type: 'integer', minimum: 3, maximum: 2 }, 'no number'],
    [false as unknown as Record<string, unknown>, 'no value'],
  ])('is refused by name: %j', async (schema, named) => {
    await expect(model.jsonGrammar(schema as Record<string, unknown>)).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED', message: expect.stringContaining(named) as string });
  });

  it('is refused where a few lines ask for billions', async () => {
    const doubling = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`a${index}`, { allOf: [{ $ref: `#/$defs/a${index + 1}` }, { $ref: `#/$defs/a${index + 1}` }] }]));
    const choices = { anyOf: Array.from({ length: 20 }, (_, index) => ({ properties: { [`p${index}`]: { type: 'null' } } })) };
    const lengths = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`p${index}`, { type: 'string', maxLength: 900 - index }]));
    for (const schema of [{ $defs: { ...doubling, a40: { type: 'null' } }, $ref: '#/$defs/a0' }, { allOf: [choices, choices, choices, choices] }, { type: 'object', properties: lengths }]) {
      await expect(model.jsonGrammar(schema)).rejects.toMatchObject({ code: expect.stringMatching('INPUT_') as string });
    }
  });

  it('is refused where it nests without end', async () => {
    let schema: Record<string, unknown> = { type: 'null' };
    for (let depth = 0; depth < 200; depth++) schema = { type: 'array', items: schema };
    await expect(model.jsonGrammar(schema)).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED', message: expect.stringContaining('levels') as string });
  });
});

describe('a grammar of the user', () => {
  it('holds the answer', async () => {
    const tokens: number[] = [];
    for await (const { token } of model.generate(model.tokenize('a'), { grammar: model.grammar('root ::= ("yes" | "no") " " [0-9]{3,3}'), sampling: { temperature: 1, seed: 1 } })) tokens.push(token);
    expect(model.detokenize(tokens)).toMatch(/^(yes|no) \d{3}$/);
  });

  it.each([
    ['start ::= "a"', 'root'],
    ['root ::= (', '"("'],
    ['root ::= [', 'valid'],
    ['root ::= root "a" | "b"', 'itself'],
    ['root ::= missing', '"missing"'],
    [`root ::= ${'('.repeat(500)}"a"${')'.repeat(500)}`, 'nested'],
    ['root ::= "a"{0,100000}', 'repeats'],
    [`root ::= "${'a'.repeat(1_000_001)}"`, 'characters'],
  ])('is refused when it is none', (text, named) => {
    expect(() => model.grammar(text)).toThrowError(expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringContaining(named) as string }));
  });
});
