import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ResultOf } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { loadSpecialized } from '../src/index.js';

const shared = process.env.LLMI_SHARED ?? resolve(import.meta.dirname, '../../../../shared');
const fixtures = join(shared, 'fixtures');
const golden = (repo: string) => JSON.parse(readFileSync(join(fixtures, 'golden', `${repo}.json`), 'utf8'));
const open = (repo: string, dtype?: string) => loadSpecialized(join(fixtures, 'hub/llmi-fixtures', repo), { threads: 1, dtype });

/** What the reference forbids by a least length is forbidden here by a bias. */
function endForbidden(repo: string): Record<string, number> {
  const { eos_token_id } = JSON.parse(readFileSync(join(fixtures, 'hub/llmi-fixtures', repo, 'generation_config.json'), 'utf8'));
  return { [eos_token_id]: -100 };
}

/** As far as the golden file says that another implementation may be. */
function expectNear(found: number, expected: number, tolerance: number): void {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(tolerance);
}

describe.skipIf(!existsSync(fixtures))('against transformers', () => {
  it('labels the tokens of a text', async () => {
    const { cases, tolerance } = golden('tiny-bert-ner') as Golden<{ output: { index: number; word: string; entity: string; score: number }[] }>;
    await using handler = await open('tiny-bert-ner');
    for (const { inputs, expect: expected } of cases) {
      const { entities } = (await handler.processText({ prompt: inputs.text, mode: 'none' })) as ResultOf<'tokens'>;
      expect(entities.map(({ index, word, entity }) => ({ index, word, entity }))).toEqual(expected.output.map(({ index, word, entity }) => ({ index, word, entity })));
      entities.forEach(({ score }, index) => expectNear(score, expected.output[index]!.score, tolerance.scores_abs!));
    }
  });

  it('fills masks', async () => {
    const { cases, tolerance } = golden('tiny-bert-fill-mask') as Golden<{ output: { token: number; token_str: string; score: number }[] }>;
    await using handler = await open('tiny-bert-fill-mask');
    for (const { inputs, expect: expected } of cases) {
      const { entities } = (await handler.processText({ prompt: inputs.text })) as ResultOf<'tokens'>;
      expect(entities.map(({ token, word }) => ({ token, word }))).toEqual(expected.output.map(({ token, token_str }) => ({ token, word: token_str })));
      entities.forEach(({ score }, index) => expectNear(score, expected.output[index]!.score, tolerance.scores_abs!));
    }
  });

  it('chooses among any labels', async () => {
    const { cases, tolerance } = golden('tiny-bert-nli') as Golden<{ output: { labels: string[]; scores: number[] }; multi_label: Record<string, number> }>;
    await using handler = await open('tiny-bert-nli');
    for (const { inputs, expect: expected } of cases) {
      const request = { prompt: inputs.text, labels: inputs.labels, system: inputs.hypothesis_template };
      const { labels } = (await handler.processText(request)) as ResultOf<'classification'>;
      expect(labels.map(({ label }) => label)).toEqual(expected.output.labels);
      labels.forEach(({ score }, index) => expectNear(score, expected.output.scores[index]!, tolerance.scores_abs!));
      const several = (await handler.processText({ ...request, mode: 'multi' })) as ResultOf<'classification'>;
      for (const { label, score } of several.labels) expectNear(score, expected.multi_label[label]!, tolerance.scores_abs!);
    }
  });

  it('rewrites a text', async () => {
    const { cases } = golden('tiny-t5') as Golden<{ text: string }>;
    await using handler = await open('tiny-t5');
    for (const { inputs, params, expect: expected } of cases) {
      const { text, usage } = (await handler.generateText({ prompt: inputs.text, maxTokens: params.max_new_tokens, logitBias: endForbidden('tiny-t5') })) as ResultOf<'text'>;
      expect(text).toBe(expected.text);
      expect(usage.completionTokens).toBe(params.max_new_tokens);
    }
  });

  it('reads a picture of text', async () => {
    const { cases } = golden('tiny-trocr') as Golden<{ text: string }>;
    await using handler = await open('tiny-trocr');
    for (const { inputs, params, expect: expected } of cases) {
      const image = readFileSync(join(fixtures, 'golden', inputs.image), 'base64');
      const events = [];
      for await (const event of handler.generateStream({ image, maxTokens: params.max_new_tokens, logitBias: endForbidden('tiny-trocr') })) events.push(event);
      const pieces = events.map((event) => (event.type === 'text' ? event.token : ''));
      expect(pieces.join('')).toBe(expected.text);
      expect(events.at(-1)).toMatchObject({ type: 'done', fullText: expected.text });
    }
  });

  it('forecasts', async () => {
    const { cases, tolerance } = golden('tiny-patchtst') as Golden<Record<string, number[][]>>;
    await using handler = await open('tiny-patchtst');
    for (const { inputs, expect: expected } of cases) {
      const { values } = (await handler.processText({ values: inputs.past_values })) as ResultOf<'forecast'>;
      const reference = Object.values(expected)[0]!;
      expect(values).toHaveLength(reference.length);
      values.flat().forEach((value, index) => expectNear(value, reference.flat()[index]!, tolerance.values_abs!));
    }
  });
});

interface Golden<Expected> {
  tolerance: { scores_abs?: number; values_abs?: number };
  cases: {
    inputs: { text: string; labels: string[]; hypothesis_template: string; image: string; past_values: number[][] };
    params: { max_new_tokens: number };
    expect: Expected;
  }[];
}
