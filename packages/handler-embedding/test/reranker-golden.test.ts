import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { loadReranker } from '../src/index.js';
import { TextTokenizer } from '../src/tokenizer/text-tokenizer.js';

interface Golden {
  cases: { inputs: { query: string; documents: string[] }; expect: { sigmoid: number[]; order: number[]; input_ids_first_pair: number[] } }[];
}

const fixtures = join(process.env.LLMI_SHARED ?? resolve(import.meta.dirname, '../../../../shared'), 'fixtures');
const folder = join(fixtures, 'hub', 'llmi-fixtures', 'tiny-bert-reranker');
const golden = (): Golden => JSON.parse(readFileSync(join(fixtures, 'golden', 'tiny-bert-reranker.json'), 'utf8'));

it.skipIf(!existsSync(fixtures))('tiny-bert-reranker ranks as sentence-transformers does', async () => {
  await using reranker = await loadReranker(folder, { dtype: 'fp32', threads: 1 });
  const tokenizer = await TextTokenizer.load(folder, { lowercase: false });
  for (const { inputs, expect: expected } of golden().cases) {
    const pair = tokenizer.encodePair(tokenizer.content(inputs.query), tokenizer.content(inputs.documents[0]!), 128);
    expect(pair.ids).toEqual(expected.input_ids_first_pair);
    const { results } = await reranker.rerank(inputs);
    expect(results.map(({ index }) => index)).toEqual(expected.order);
    for (const { index, score } of results) expect(Math.abs(score - expected.sigmoid[index]!)).toBeLessThan(1e-5);
    const best = await reranker.rerank({ ...inputs, topN: 2 });
    expect(best.results).toHaveLength(2);
  }
});
