import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LlamaModel } from '@llmi/runtime-llama-cpp';
import { afterAll, describe, expect, it } from 'vitest';
import { convert } from '../src/index.js';
import { shared } from './helpers/shared.js';

interface Case {
  id: string;
  expect: { input_ids: number[]; output_ids: number[] };
}

/** tiny-gemma3 is not among them: llama.cpp takes its layer pattern and attention scale for those of the published models. */
const repos = ['tiny-llama2', 'tiny-llama3', 'tiny-llama3-sharded', 'tiny-mistral', 'tiny-qwen2', 'tiny-qwen3', 'tiny-gemma2', 'tiny-phi3', 'tiny-gpt2'];
const goldens = repos.flatMap((repo) => {
  const path = join(shared, 'fixtures', 'golden', `${repo}.json`);
  return existsSync(path) ? [{ repo, cases: (JSON.parse(readFileSync(path, 'utf8')) as { cases: Case[] }).cases }] : [];
});

/** As many tokens as expected. The original went on after tokens that end an answer: so does this. */
async function greedy(model: LlamaModel, { input_ids: input, output_ids: output }: Case['expect']): Promise<number[]> {
  const tokens: number[] = [];
  while (tokens.length < output.length) {
    for await (const { token } of model.generate([...input, ...tokens], { maxTokens: output.length - tokens.length })) tokens.push(token);
    const next = output[tokens.length];
    if (next === undefined || !model.endsGeneration(next)) break;
    tokens.push(next);
  }
  return tokens;
}

describe.skipIf(goldens.length === 0)('a converted model answers as the original does', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-greedy-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const { repo, cases } of goldens) {
    it(repo, async () => {
      const target = join(folder, `${repo}.gguf`);
      await convert(join(shared, 'fixtures', 'hub', 'llmi-fixtures', repo), target, { type: 'F32' });
      const model = await LlamaModel.load(target, { device: 'cpu' });
      try {
        for (const { id, expect: expected } of cases) {
          expect(await greedy(model, expected), id).toEqual(expected.output_ids);
        }
      } finally {
        await model[Symbol.asyncDispose]();
      }
    });
  }
});
