import { describe, expect, it } from 'vitest';
import { chooseContextSize } from './context-size.js';
import { computeNeed, kvCacheNeed, memoryParts, vocabularyNeed } from './memory-needs.js';

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

/** Metadata of a file by the short names of its architecture. */
function metadataOf(architecture: string, values: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(values).map(([key, value]) => [key.startsWith('tokenizer.') ? key : `${architecture}.${key}`, value]);
  return { 'general.architecture': architecture, ...Object.fromEntries(entries) };
}

const shapes = {
  llama,
  llama1b: metadataOf('llama', { block_count: 2, embedding_length: 2048, feed_forward_length: 8192, 'attention.head_count': 32, 'attention.head_count_kv': 8, vocab_size: 128256 }),
  mistral: metadataOf('llama', { block_count: 2, embedding_length: 4096, feed_forward_length: 14336, 'attention.head_count': 32, 'attention.head_count_kv': 8, 'attention.sliding_window': 4096, vocab_size: 32000 }),
  withoutGroups: metadataOf('llama', { block_count: 2, embedding_length: 2048, feed_forward_length: 5632, 'attention.head_count': 32, vocab_size: 32000 }),
  smallVocabulary: metadataOf('llama', { block_count: 2, embedding_length: 1024, feed_forward_length: 2816, 'attention.head_count': 16, 'attention.head_count_kv': 4, vocab_size: 1000 }),
  qwen2: metadataOf('qwen2', { block_count: 2, embedding_length: 896, feed_forward_length: 4864, 'attention.head_count': 14, 'attention.head_count_kv': 2, vocab_size: 151936 }),
  qwen3: metadataOf('qwen3', { block_count: 2, embedding_length: 1024, feed_forward_length: 3072, 'attention.head_count': 16, 'attention.head_count_kv': 8, 'attention.key_length': 128, 'attention.value_length': 128, vocab_size: 151936 }),
  gemma3: metadataOf('gemma3', { block_count: 6, embedding_length: 1152, feed_forward_length: 6912, 'attention.head_count': 4, 'attention.head_count_kv': 1, 'attention.key_length': 256, 'attention.value_length': 256, 'attention.sliding_window': 512, vocab_size: 262144 }),
  gemma2: metadataOf('gemma2', { block_count: 4, embedding_length: 2304, feed_forward_length: 9216, 'attention.head_count': 8, 'attention.head_count_kv': 4, 'attention.key_length': 256, 'attention.value_length': 256, 'attention.sliding_window': 4096, vocab_size: 256000 }),
  phi3: metadataOf('phi3', { block_count: 2, embedding_length: 3072, feed_forward_length: 8192, 'attention.head_count': 32, 'attention.sliding_window': 2047, vocab_size: 32064 }),
  qwen3moe: metadataOf('qwen3moe', { block_count: 2, embedding_length: 2048, feed_forward_length: 6144, 'attention.head_count': 32, 'attention.head_count_kv': 4, 'attention.key_length': 128, 'attention.value_length': 128, vocab_size: 151936, expert_count: 16, expert_used_count: 8, expert_feed_forward_length: 768 }),
  mixtral: metadataOf('llama', { block_count: 2, embedding_length: 1024, feed_forward_length: 3584, 'attention.head_count': 16, 'attention.head_count_kv': 8, vocab_size: 32000, expert_count: 8, expert_used_count: 2 }),
  deepseek2: metadataOf('deepseek2', { block_count: 26, embedding_length: 512, feed_forward_length: 1024, 'attention.head_count': 4, 'attention.head_count_kv': 1, 'attention.key_length': 576, 'attention.value_length': 512, 'attention.key_length_mla': 192, 'attention.value_length_mla': 128, vocab_size: 102400, expert_count: 8, expert_used_count: 6, expert_feed_forward_length: 256, expert_shared_count: 2 }),
  mamba: metadataOf('mamba', { block_count: 24, embedding_length: 768, feed_forward_length: 0, 'attention.head_count': 0, 'ssm.inner_size': 1536, 'ssm.state_size': 16, 'ssm.conv_kernel': 4, vocab_size: 50280 }),
};

/**
 * What llama.cpp itself logs for models of these shapes with random weights, in MiB: the KV (or state) buffers, the compute buffer and
 * the output buffer. Taken from node-llama-cpp 3.22.1 (llama.cpp v0.5.0) on a CPU.
 */
const logged: [name: keyof typeof shapes, contextSize: number, parallel: number, cache: number, compute: number, output: number][] = [
  ['llama', 2048, 1, 45, 102.51, 0.19],
  ['llama1b', 512, 1, 2, 258.5, 0.49],
  ['llama1b', 8192, 1, 32, 258.5, 0.49],
  ['llama1b', 2048, 4, 32, 258.5, 1.96],
  ['mistral', 512, 1, 4, 116.51, 0.12],
  ['mistral', 8192, 1, 64, 124.01, 0.12],
  ['mistral', 2048, 4, 64, 118.01, 0.49],
  ['withoutGroups', 2048, 1, 32, 70.5, 0.12],
  ['smallVocabulary', 2048, 1, 4, 26.51, 0],
  ['smallVocabulary', 8192, 1, 16, 32.51, 0],
  ['qwen2', 2048, 1, 2, 300.25, 0.58],
  ['qwen3', 2048, 4, 64, 300.75, 2.32],
  ['gemma3', 512, 1, 3, 516.5, 1],
  ['gemma3', 2048, 1, 8.25, 517.51, 1],
  ['gemma3', 8192, 1, 14.25, 517.51, 1],
  ['gemma3', 2048, 4, 33, 517.52, 4],
  ['gemma2', 2048, 1, 32, 510, 0.98],
  ['gemma2', 8192, 1, 102, 510, 0.98],
  ['phi3', 2048, 1, 48, 88.81, 0.12],
  ['phi3', 8192, 1, 192, 74.77, 0.12],
  ['qwen3moe', 2048, 1, 8, 304.75, 0.58],
  ['mixtral', 2048, 1, 8, 66.5, 0.12],
  ['deepseek2', 2048, 1, 58.5, 210.04, 0.39],
  ['deepseek2', 2048, 4, 234, 210.04, 1.56],
  ['mamba', 2048, 1, 2.67, 102.71, 0.19],
  ['mamba', 2048, 4, 10.69, 102.71, 0.77],
];

describe('against what llama.cpp logs', () => {
  it.each(logged)('%s with %i tokens for %i: cache and buffers', (name, contextSize, parallel, cache, compute, output) => {
    const settings = { contextSize, parallel };
    expect(kvCacheNeed(shapes[name], settings).bytes / 2 ** 20).toBeCloseTo(cache, 1);
    const reserved = computeNeed(shapes[name], settings).reservedBytes / 2 ** 20;
    expect(reserved / (compute + output)).toBeGreaterThan(0.85); // its allocator leaves gaps
    expect(reserved / (compute + output)).toBeLessThan(1.2);
  });
});

describe('KV cache', () => {
  it('is keys and values of every layer in float16, and says so', () => {
    expect(kvCacheNeed(llama, { contextSize: 2048 })).toEqual({ bytes: 2 * 30 * 3 * 64 * 2048 * 2, derivation: '30 layers x 2 x 3 KV heads x 64 x 2048 tokens x 2 bytes' });
    expect(kvCacheNeed(shapes.gemma3, { contextSize: 8192, parallel: 2 }).derivation).toBe(
      '2 requests x (5 layers x 2 x 1 KV head x 256 x 1280 tokens x 2 bytes + 1 layer x 2 x 1 KV head x 256 x 8192 tokens x 2 bytes)',
    );
  });

  it('counts the heads of each layer where they differ', () => {
    const metadata = { ...llama, 'llama.block_count': 2, 'llama.attention.head_count_kv': [3, 1] };
    expect(kvCacheNeed(metadata, { contextSize: 256 }).bytes).toBe((3 + 1) * 2 * 64 * 256 * 2);
  });

  it('takes key and value sizes from the file where it names them', () => {
    const metadata = { ...llama, 'llama.attention.key_length': 192, 'llama.attention.value_length': 128 };
    expect(kvCacheNeed(metadata, { contextSize: 256 }).bytes).toBe(30 * 3 * (192 + 128) * 256 * 2);
  });

  it('follows a pattern that the file lists, and leaves layers out that share another one\'s', () => {
    const gemma4 = metadataOf('gemma4', {
      block_count: 6,
      embedding_length: 1024,
      'attention.head_count': 8,
      'attention.head_count_kv': [2, 2, 1, 2, 2, 1],
      'attention.key_length': 512,
      'attention.value_length': 512,
      'attention.key_length_swa': 256,
      'attention.value_length_swa': 256,
      'attention.sliding_window': 512,
      'attention.sliding_window_pattern': [true, true, false, true, true, false],
      'attention.shared_kv_layers': 3,
    });
    expect(kvCacheNeed(gemma4, { contextSize: 8192 }).bytes).toBe((2 * 2 * 256 * 1280 + 512 * 8192) * 2 * 2);
  });

  it('is a state and a few attention layers for hybrids', () => {
    const jamba = metadataOf('jamba', { block_count: 4, embedding_length: 64, 'attention.head_count': 4, 'attention.head_count_kv': [0, 0, 2, 0], 'ssm.inner_size': 128, 'ssm.state_size': 16, 'ssm.conv_kernel': 4 });
    expect(kvCacheNeed(jamba, { contextSize: 1024 }).bytes).toBe(2 * 2 * 16 * 1024 * 2 + 3 * 128 * (3 + 16) * 4);
    const mamba2 = metadataOf('mamba2', { block_count: 1, embedding_length: 64, 'attention.head_count': 0, 'ssm.inner_size': 128, 'ssm.state_size': 64, 'ssm.conv_kernel': 4, 'ssm.group_count': 2 });
    expect(kvCacheNeed(mamba2, { contextSize: 1024 }).bytes).toBe((3 * (128 + 2 * 2 * 64) + 128 * 64) * 4);
    const rwkv = metadataOf('rwkv7', { block_count: 2, embedding_length: 768, 'attention.head_count': 0, 'wkv.head_size': 64 });
    expect(kvCacheNeed(rwkv, { contextSize: 1024 }).bytes).toBe(2 * 768 * (2 + 64) * 4);
    const qwen3next = metadataOf('qwen3next', { block_count: 8, embedding_length: 64, 'attention.head_count': 4, 'attention.head_count_kv': 2, 'ssm.inner_size': 128, 'ssm.state_size': 16, 'ssm.conv_kernel': 4, 'ssm.group_count': 2 });
    expect(kvCacheNeed(qwen3next, { contextSize: 256 }).bytes).toBe(2 * 2 * 2 * 16 * 256 * 2 + 6 * (3 * (128 + 64) + 128 * 16) * 4);
  });

  it('has nothing in an encoder', () => {
    expect(kvCacheNeed({ 'general.architecture': 'bert' }, { contextSize: 512 })).toEqual({ bytes: 0, derivation: 'this architecture keeps no keys and values' });
  });
});

describe('computing', () => {
  it('touches the widest layer and the logits of one token', () => {
    expect(computeNeed(llama, { contextSize: 2048 })).toMatchObject({
      bytes: 512 * ((3.25 * 1536 + 4 * 576) * 4 + 2048 * 2) + 5 * 49152 * 4,
      derivation: '512 tokens x (3.25 x 1536 + 4 x 576) x 4 bytes + their mask of 2048 tokens + 5 x 49152 logits x 4 bytes',
    });
  });

  it('holds the scores of every head where there is no flash attention', () => {
    const { bytes } = computeNeed(shapes.gemma2, { contextSize: 8192 });
    expect(bytes).toBe(512 * 8192 * (2 * 8 * 4 + 4) + 5 * 256000 * 4);
  });
});

it('all parts name where they come from', () => {
  const parts = memoryParts({ bytes: 10, derivation: 'the file' }, { ...llama, 'tokenizer.ggml.merges': { type: 'string', length: 48900 } }, { contextSize: 512 });
  expect(parts.map(({ name }) => name)).toEqual(['runtime', 'vocabulary', 'weights', 'KV cache', 'activations']);
  expect(parts[1]).toEqual({ name: 'vocabulary', bytes: 49152 * 560 + 48900 * 410, derivation: '49152 tokens x 560 bytes + 48900 merges x 410 bytes' });
  for (const { derivation } of parts) expect(derivation).not.toBe('');
});

describe('context size', () => {
  const neededAt = (contextSize: number, parallel: number) =>
    vocabularyNeed(llama).bytes + kvCacheNeed(llama, { contextSize, parallel }).bytes + computeNeed(llama, { contextSize, parallel }).bytes;
  const facts = { name: 'a.gguf', metadata: llama, trainContextSize: 8192, parallel: 1, fileBytes: 150_000_000, freeBytes: 4_000_000_000 };

  it('is 4096 by default, or what the model was made for', () => {
    expect(chooseContextSize(undefined, facts)).toBe(4096);
    expect(chooseContextSize(undefined, { ...facts, trainContextSize: 2048 })).toBe(2048);
    expect(chooseContextSize(8192, facts)).toBe(8192);
  });

  it('shrinks a default to what fits, but not what was asked for', () => {
    const freeBytes = facts.fileBytes + neededAt(1024, 1);
    expect(chooseContextSize(undefined, { ...facts, freeBytes })).toBe(1024);
    expect(() => chooseContextSize(4096, { ...facts, freeBytes })).toThrowError(expect.objectContaining({ code: 'MEMORY_INSUFFICIENT' }));
  });

  it('counts every parallel request', () => {
    const freeBytes = facts.fileBytes + neededAt(1024, 4);
    expect(chooseContextSize(undefined, { ...facts, parallel: 4, freeBytes })).toBe(1024);
  });
});
