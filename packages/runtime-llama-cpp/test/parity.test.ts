import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LlamaModel } from '../src/index.js';
import { fixtures, stories } from './shared.js';

async function greedy(model: LlamaModel, prompt: readonly number[], maxTokens: number): Promise<number[]> {
  const tokens: number[] = [];
  for await (const { token } of model.generate(prompt, { maxTokens })) tokens.push(token);
  return tokens;
}

describe.skipIf(fixtures.length === 0)('greedy tokens as the Python reference', () => {
  for (const { name, folder, cases, files } of fixtures) {
    for (const file of files) {
      describe(`${name} ${file}`, () => {
        let model: LlamaModel;
        beforeAll(async () => {
          model = await LlamaModel.load(join(folder, file), { device: 'cpu' });
        });
        afterAll(() => model[Symbol.asyncDispose]());

        for (const { id, inputs, expect: expected } of cases) {
          const { output_ids: reference, text, exact_prefix: exact } = expected.files[file]!;

          it(`${id}: the prompt's tokens`, () => {
            const { addsBos, bos } = model.special;
            const tokens = model.tokenize(inputs.text ?? inputs.rendered!, { special: true });
            expect(addsBos && tokens[0] !== bos ? [bos, ...tokens] : tokens).toEqual(expected.input_ids);
          });

          it(`${id}: the answer's tokens, from the start and from a kept prefix`, async () => {
            const first = await greedy(model, expected.input_ids, reference.length);
            expect(first.slice(0, exact)).toEqual(reference.slice(0, exact));
            expect(await greedy(model, expected.input_ids, reference.length)).toEqual(first);
          });

          it(`${id}: the answer's text`, () => {
            expect(model.detokenize(reference)).toBe(text);
          });
        }
      });
    }
  }
});

describe.skipIf(!existsSync(stories))('a trained model tells its story', () => {
  it('word for word', async () => {
    const reference = JSON.parse(readFileSync(join(stories, 'reference.json'), 'utf8')) as {
      ids: number[];
      prompt_empty_greedy: string;
      tokenization: { text: string; ids: number[] }[];
    };
    const model = await LlamaModel.load(join(stories, 'stories260K-f32.gguf'), { device: 'cpu' });
    try {
      for (const { text, ids } of reference.tokenization) expect([model.special.bos, ...model.tokenize(text)]).toEqual(ids);
      const tokens = await greedy(model, [model.special.bos!], reference.ids.length - 1);
      expect(tokens).toEqual(reference.ids.slice(1));
      expect(model.detokenize(tokens)).toBe(reference.prompt_empty_greedy);
    } finally {
      await model[Symbol.asyncDispose]();
    }
  });
});
