import { describe, expect, it } from 'vitest';
import { chooseContextSize } from './context-size.js';
import { computeNeed, kvCacheNeed } from './memory-needs.js';

/** SmolLM-135M. */
const llama = {
  'general.architecture': 'llama',
  'llama.block_count': 30,
  'llama.embedding_length': 576,
  'llama.feed_forward_length': 1536,
  'llama.attention.head_count': 9,
  'llama.attention.head_count_kv': 3,
  'llama.vocab_size': 49152,
};

describe('KV cache', () => {
  it('is keys and values of every layer in float16', () => {
    expect(kvCacheNeed(llama, 2048)).toEqual({ bytes: 2 * 30 * 3 * 64 * 2048 * 2, derivation: '2 x 30 layers x 3 KV heads x 64 x 2048 tokens x 2 bytes' });
  });

  it('counts the heads of each layer where they differ', () => {
    const metadata = { ...llama, 'llama.block_count': 2, 'llama.attention.head_count_kv': [3, 1] };
    expect(kvCacheNeed(metadata, 100).bytes).toBe((3 + 1) * 2 * 64 * 100 * 2);
  });

  it('takes key and value sizes from the file where it names them', () => {
    const metadata = { ...llama, 'llama.attention.key_length': 192, 'llama.attention.value_length': 128 };
    expect(kvCacheNeed(metadata, 100).bytes).toBe(30 * 3 * (192 + 128) * 100 * 2);
  });

  it('holds only the window in layers that see no further', () => {
    const gemma = {
      'general.architecture': 'gemma3',
      'gemma3.block_count': 6,
      'gemma3.embedding_length': 1152,
      'gemma3.attention.head_count': 4,
      'gemma3.attention.head_count_kv': 1,
      'gemma3.attention.key_length': 256,
      'gemma3.attention.value_length': 256,
      'gemma3.attention.sliding_window': 512,
    };
    expect(kvCacheNeed(gemma, 8192).bytes).toBe((5 * 1024 + 8192) * 2 * 256 * 2); // window + one batch
    expect(kvCacheNeed(gemma, 256).bytes).toBe(6 * 256 * 2 * 256 * 2);
  });

  it('is a fixed state for a state-space model', () => {
    const mamba = { 'general.architecture': 'mamba', 'mamba.block_count': 24, 'mamba.attention.head_count': 0, 'mamba.ssm.inner_size': 1536, 'mamba.ssm.state_size': 16, 'mamba.ssm.conv_kernel': 4 };
    expect(kvCacheNeed(mamba, 4096).bytes).toBe(24 * 1536 * (16 + 3) * 4);
  });
});

it('computes in buffers that the logits of a batch dominate', () => {
  expect(computeNeed(llama, 2048).bytes).toBe(512 * (49152 + 4 * 576 + 3 * 1536) * 4);
});

describe('context size', () => {
  const facts = { name: 'a.gguf', metadata: llama, trainContextSize: 8192, parallel: 1, fileBytes: 150_000_000, freeBytes: 4_000_000_000 };

  it('is 4096 by default, or what the model was made for', () => {
    expect(chooseContextSize(undefined, facts)).toBe(4096);
    expect(chooseContextSize(undefined, { ...facts, trainContextSize: 2048 })).toBe(2048);
    expect(chooseContextSize(8192, facts)).toBe(8192);
  });

  it('shrinks a default to what fits, but not what was asked for', () => {
    const freeBytes = facts.fileBytes + computeNeed(llama, 4096).bytes + kvCacheNeed(llama, 1024).bytes;
    expect(chooseContextSize(undefined, { ...facts, freeBytes })).toBe(1024);
    expect(() => chooseContextSize(4096, { ...facts, freeBytes })).toThrowError(expect.objectContaining({ code: 'MEMORY_INSUFFICIENT' }));
  });

  it('counts every parallel request', () => {
    const freeBytes = facts.fileBytes + computeNeed(llama, 4096).bytes + 4 * kvCacheNeed(llama, 1024).bytes;
    expect(chooseContextSize(undefined, { ...facts, parallel: 4, freeBytes })).toBe(1024);
  });
});
