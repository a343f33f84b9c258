import { expect, it } from 'vitest';
import { readGenerationConfig } from './generation-config.js';
import { makeLogitsProcessors } from './logits-processors.js';

/** The scores 1, -1, 1, -1 ... of eight tokens after every processor that a configuration asks for. */
function process(config: Record<string, unknown>, ids: number[], settings: object = {}): number[] {
  const scores = Float32Array.from({ length: 8 }, (_, token) => (token % 2 === 0 ? 1 : -1));
  for (const processor of makeLogitsProcessors({ ...readGenerationConfig(config, undefined), promptLength: 1, maxLength: 6, ...settings })) processor(ids, scores);
  return Array.from(scores);
}

const forbidden = (scores: number[]) => scores.flatMap((score, token) => (score === -Infinity ? [token] : []));

it('penalizes what was said, whichever sign its score has', () => {
  expect(process({ repetition_penalty: 2 }, [0, 1, 1]).slice(0, 3)).toEqual([0.5, -2, 1]);
  const counted = process({}, [2, 4, 4], { presencePenalty: 0.5, frequencyPenalty: 0.25 }); // the prompt is token 2
  expect([counted[2], counted[4]]).toEqual([1, 0]);
});

it('lets no run of tokens come again, of the answer or of what was read', () => {
  expect(forbidden(process({ no_repeat_ngram_size: 2 }, [1, 2, 3, 1]))).toEqual([2]);
  expect(forbidden(process({ encoder_no_repeat_ngram_size: 3 }, [0, 5, 6], { encoderIds: [5, 6, 7, 5, 6, 1] }))).toEqual([1, 7]);
  expect(forbidden(process({ bad_words_ids: [[4], [1, 2], [9, 3]] }, [0, 1]))).toEqual([2, 4]);
});

it('forces and holds back tokens where it should', () => {
  expect(forbidden(process({ forced_bos_token_id: 3 }, [0]))).toEqual([0, 1, 2, 4, 5, 6, 7]);
  expect(forbidden(process({ forced_bos_token_id: 3 }, [0, 3]))).toEqual([]);
  expect(forbidden(process({ forced_eos_token_id: 7 }, [0, 1, 1, 1, 1]))).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(forbidden(process({ eos_token_id: [6, 7], min_new_tokens: 2 }, [0, 1]))).toEqual([6, 7]);
  expect(forbidden(process({ eos_token_id: [6, 7], min_new_tokens: 2 }, [0, 1, 1]))).toEqual([]);
  expect(forbidden(process({ suppress_tokens: [2], begin_suppress_tokens: [5] }, [0]))).toEqual([2, 5]);
  expect(forbidden(process({ suppress_tokens: [2], begin_suppress_tokens: [5] }, [0, 1]))).toEqual([2]);
});

it('adds a bias to tokens that there are', () => {
  expect(process({}, [0], { logitBias: new Map([[1, 4], [99, 1]]) })[1]).toBe(3);
});
