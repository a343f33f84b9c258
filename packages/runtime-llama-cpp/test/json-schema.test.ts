import { fileURLToPath } from 'node:url';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LlamaModel } from '../src/index.js';
import { tinyModel } from './tiny-model.js';

const { randomNumbers, randomSchema } = (await import(fileURLToPath(new URL('../../../benchmarks/models/random-schema.mjs', import.meta.url)))) as {
  randomNumbers(seed: number): () => number;
  randomSchema(random: () => number): Record<string, unknown>;
};

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

/** `pnpm bench structured` checks 500. */
const total = 40;
const lanes = 4;

describe('documents of a model with random weights under random schemas', () => {
  it(`are valid, all ${total}`, async () => {
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
