import { expect, it } from 'vitest';
import { tokenWork } from './token-work.js';

const mistral = {
  'general.architecture': 'llama',
  'llama.block_count': 32,
  'llama.embedding_length': 4096,
  'llama.feed_forward_length': 14336,
  'llama.attention.head_count': 32,
  'llama.attention.head_count_kv': 8,
  'llama.vocab_size': 32000,
};

it('leaves out the input table of a model with two', () => {
  const work = tokenWork({ parameterCount: 7_241_732_096, tensorBytes: 7_241_732_096 }, mistral);
  expect(work).toMatchObject({ unit: 'token', bytes: 7_241_732_096 - 32000 * 4096, operations: 8 * (7_241_732_096 - 32000 * 4096) });
});

it('reads a shared table, since the output needs all of it', () => {
  const smollm = { 'general.architecture': 'llama', 'llama.block_count': 30, 'llama.embedding_length': 576, 'llama.feed_forward_length': 1536, 'llama.attention.head_count': 9, 'llama.attention.head_count_kv': 3, 'llama.vocab_size': 49152 };
  expect(tokenWork({ parameterCount: 134_515_008, tensorBytes: 142_900_000 }, smollm).bytes).toBeCloseTo(142_900_000, 0);
});

it('reads only the experts that are chosen', () => {
  const mixtral = { ...mistral, 'llama.expert_count': 8, 'llama.expert_used_count': 2 };
  const active = tokenWork({ parameterCount: 46_702_792_704, tensorBytes: 46_702_792_704 }, mixtral).bytes;
  expect(active / 1e9).toBeCloseTo(12.75, 1); // 12.9 billion active parameters, as its authors say, less the table
});

it('has nothing to say of a file without facts', () => {
  expect(tokenWork({ parameterCount: 0, tensorBytes: 0 }, {})).toMatchObject({ bytes: 0, operations: 0 });
});
