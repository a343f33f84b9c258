// Models with random weights, as GGUF: for measuring and testing without fetching anything. The same settings give the same file.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { vocabularyEntries } from './byte-level-vocabulary.mjs';
import { tensorBytes, tensorTypes, writeGguf } from './gguf-writer.mjs';

/** Shape of SmolLM-135M: https://huggingface.co/HuggingFaceTB/SmolLM-135M/blob/main/config.json */
const smollm135m = { layers: 30, width: 576, heads: 9, kvHeads: 3, feedForward: 1536, vocabulary: 49152, context: 2048, seed: 1, scale: 2 ** -12 };

/** Path of the 135M-parameter Q8_0 model; made on first use and kept outside git. */
export async function randomModel() {
  const path = fileURLToPath(new URL('../.cache/random-135m-Q8_0.gguf', import.meta.url));
  if (!existsSync(path)) await writeRandomLlama(path, smollm135m);
  return path;
}

/**
 * Writes a LLaMA with random Q8_0 weights between -127 and 127 times `scale`, tied embeddings and a byte-level BPE vocabulary.
 * `width` and `feedForward` are multiples of 32. `special` are control tokens, the first ones of the vocabulary; the last of them
 * ends an answer. `metadata` adds entries: [key, type, value].
 */
export async function writeRandomLlama(path, { layers, width, heads, kvHeads, feedForward, vocabulary, context, seed, scale, special = ['<|endoftext|>'], metadata = [] }) {
  const kvWidth = (width / heads) * kvHeads;
  const tensors = [
    ['token_embd.weight', [width, vocabulary]],
    ...Array.from({ length: layers }, (_, layer) =>
      [
        ['attn_norm', [width]],
        ['attn_q', [width, width]],
        ['attn_k', [width, kvWidth]],
        ['attn_v', [width, kvWidth]],
        ['attn_output', [width, width]],
        ['ffn_norm', [width]],
        ['ffn_gate', [width, feedForward]],
        ['ffn_up', [width, feedForward]],
        ['ffn_down', [feedForward, width]],
      ].map(([name, shape]) => [`blk.${layer}.${name}.weight`, shape]),
    ).flat(),
    ['output_norm.weight', [width]],
  ].map(([name, shape]) => ({ name, shape, type: shape.length === 1 ? 'F32' : 'Q8_0' }));
  const entries = [
    ['general.architecture', 'string', 'llama'],
    ['general.name', 'string', 'random'],
    ['general.file_type', 'uint32', 7], // mostly Q8_0
    ['general.quantization_version', 'uint32', 2],
    ['llama.context_length', 'uint32', context],
    ['llama.embedding_length', 'uint32', width],
    ['llama.block_count', 'uint32', layers],
    ['llama.feed_forward_length', 'uint32', feedForward],
    ['llama.attention.head_count', 'uint32', heads],
    ['llama.attention.head_count_kv', 'uint32', kvHeads],
    ['llama.attention.layer_norm_rms_epsilon', 'float32', 1e-5],
    ['llama.rope.freq_base', 'float32', 10000],
    ['llama.rope.dimension_count', 'uint32', width / heads],
    ['llama.vocab_size', 'uint32', vocabulary],
    ...vocabularyEntries(vocabulary, special),
    ...metadata,
  ];
  const random = generator(seed);
  await writeGguf(path, entries, tensors, (tensor) => {
    if (tensor.type === 'F32') return [ones(tensor.shape[0])];
    const bytes = randomQ8(tensorBytes(tensor), scale, random);
    // A row of zeros: its logit is 0 and never the highest, so an answer goes on until it is ended.
    if (tensor.name === 'token_embd.weight') for (let id = 0; id < special.length; id++) clearRow(bytes, id, width);
    return [bytes];
  });
}

const { blockElements, blockBytes } = tensorTypes.Q8_0; // a float16 scale and 32 signed bytes

function ones(count) {
  return Buffer.from(new Float32Array(count).fill(1).buffer);
}

function randomQ8(byteCount, scale, random) {
  const bytes = Buffer.alloc(byteCount);
  const half = toHalf(scale);
  for (let at = 0; at < bytes.length; at += blockBytes) {
    bytes.writeUInt16LE(half, at);
    for (let index = 2; index < blockBytes; index += 4) bytes.writeInt32LE(random(), at + index);
    for (let index = 2; index < blockBytes; index++) if (bytes[at + index] === 0x80) bytes[at + index] = 0x81; // -128 does not occur in Q8_0
  }
  return bytes;
}

function clearRow(bytes, row, width) {
  const rowBytes = (width / blockElements) * blockBytes;
  bytes.fill(0, row * rowBytes, (row + 1) * rowBytes);
}

/** Float16 bits of a power of two in its normal range. */
function toHalf(value) {
  const exponent = Math.log2(value);
  if (!Number.isInteger(exponent) || exponent < -14 || exponent > 15) throw new Error('the scale must be a power of two from 2^-14 to 2^15');
  return (exponent + 15) << 10;
}

/** 32 random bits per call. Source: Marsaglia 2003, "Xorshift RNGs", section 4. */
function generator(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    return (state ^= state << 5);
  };
}
