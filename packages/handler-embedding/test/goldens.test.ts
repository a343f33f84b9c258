import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadEmbedder } from '../src/index.js';
import { TextTokenizer } from '../src/tokenizer/text-tokenizer.js';

/** One case of a golden file: what sentence-transformers made of a text, in float32, and ONNX Runtime of the int8 file. */
interface GoldenCase {
  id: string;
  inputs: { text?: string; texts?: string[]; prompt_name?: string };
  expect: { input_ids?: number[]; tokens?: number; embedding?: number[]; cosine?: number[][] };
  expect_q8?: { first8: number[]; norm: number; cosine_to_fp32: number };
}

interface Golden {
  max_seq_length: number;
  normalize: boolean;
  files: Record<string, string>;
  tolerance: { embedding_abs: number; q8_cosine: number; q8_abs: number };
  cases: GoldenCase[];
}

const fixtures = join(process.env.LLMI_SHARED ?? resolve(import.meta.dirname, '../../../../shared'), 'fixtures');
const models = ['all-MiniLM-L6-v2', 'tiny-bert-mean-embed', 'tiny-bert-cls-embed', 'tiny-qwen3-last-embed'];

describe.skipIf(!existsSync(fixtures)).each(models)('%s equals sentence-transformers', (name) => {
  const folder = join(fixtures, 'hub', 'llmi-fixtures', name);
  const golden = (): Golden => JSON.parse(readFileSync(join(fixtures, 'golden', `${name}.json`), 'utf8'));

  it('in its token ids', async () => {
    const tokenizer = await TextTokenizer.load(folder, { lowercase: false });
    const cases = golden().cases.filter(({ expect: { input_ids } }) => input_ids);
    expect(cases.length).toBeGreaterThan(0);
    for (const { id, inputs, expect: expected } of cases) expect([id, tokenizer.encode(inputs.text!, '', golden().max_seq_length).ids]).toEqual([id, expected.input_ids]);
  });

  it('in its vectors, file by file', async () => {
    const { files, cases, tolerance } = golden();
    for (const dtype of Object.keys(files)) {
      await using embedder = await loadEmbedder(folder, { dtype, threads: 1 });
      for (const { id, inputs, expect: expected, expect_q8: quantized } of cases) {
        if (inputs.text === undefined) continue;
        // One text at a time: the int8 kernels round over all of a batch.
        const { embeddings, usage } = await embedder.embedText({ texts: [inputs.text], promptName: inputs.prompt_name });
        const vector = embeddings[0]!;
        if (expected.tokens !== undefined) expect([id, usage.promptTokens]).toEqual([id, expected.tokens]);
        if (dtype === 'fp32') expect(largestDifference(vector, expected.embedding!), id).toBeLessThan(tolerance.embedding_abs);
        else expect(cosine(vector, expected.embedding!)).toBeGreaterThan(tolerance.q8_cosine);
        if (dtype === 'q8' && quantized) {
          expect(largestDifference(vector.slice(0, 8), quantized.first8)).toBeLessThan(tolerance.q8_abs);
          expect(Math.abs(cosine(vector, expected.embedding!) - quantized.cosine_to_fp32)).toBeLessThan(0.001);
        }
      }
    }
  });

  it('in the similarities of texts that are sent together', async () => {
    const { files, cases, tolerance } = golden();
    const { inputs, expect: expected } = cases.find(({ id }) => id === 'similarity')!;
    const allowed = 'fp32' in files ? 10 * tolerance.embedding_abs : 0.05; // int8, rounded over the batch
    await using embedder = await loadEmbedder(folder, { threads: 1 });
    const { embeddings } = await embedder.embedText({ texts: inputs.texts });
    embeddings.forEach((left, row) =>
      embeddings.forEach((right, column) => expect(Math.abs(cosine(left, right) - expected.cosine![row]![column]!)).toBeLessThan(allowed)),
    );
  });
});

function largestDifference(left: number[], right: number[]): number {
  return Math.max(...left.map((value, index) => Math.abs(value - right[index]!)));
}

function cosine(left: number[], right: number[]): number {
  const dot = left.reduce((sum, value, index) => sum + value * right[index]!, 0);
  return dot / (Math.hypot(...left) * Math.hypot(...right));
}
