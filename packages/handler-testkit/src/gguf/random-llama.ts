import { byteLevelVocabulary } from '../tokenizers/byte-level.js';
import type { GgufMetadata, GgufTensor, GgufValue } from './gguf-file.js';

/** Shape of a LLaMA. `width` and `feedForward` are multiples of 32. */
export interface RandomLlama {
  layers: number;
  width: number;
  heads: number;
  kvHeads: number;
  feedForward: number;
  vocabulary: number; // tokens: the control tokens, 256 bytes, then made-up words
  context: number; // tokens
  seed: number; // the same seed and shape give the same file
  scale: number; // of the weights: a power of two
  /** Control tokens, the first ones of the vocabulary; the last of them ends an answer. */
  special: string[];
  metadata: GgufMetadata;
}

/** About 100 KB: large enough that every token depends on what came before. */
const tiny: RandomLlama = {
  layers: 2,
  width: 64,
  heads: 4,
  kvHeads: 2,
  feedForward: 96,
  vocabulary: 384,
  context: 512,
  seed: 7,
  scale: 2 ** -7,
  special: ['<|endoftext|>', '<|im_start|>', '<|im_end|>'],
  metadata: {},
};

/** Metadata and tensors of a LLaMA with random Q8_0 weights, tied embeddings and a byte-level BPE vocabulary, for `ggufFile`. */
export function randomLlama(changes: Partial<RandomLlama> = {}): { metadata: GgufMetadata; tensors: GgufTensor[] } {
  const shape = { ...tiny, ...changes };
  const random = randomBits(shape.seed);
  const tensors = tensorShapes(shape).map(([name, dimensions]): GgufTensor => {
    if (dimensions.length === 1) return { name, dimensions, type: 'F32', data: Buffer.from(new Float32Array(dimensions[0]!).fill(1).buffer) };
    const data = randomQ8(dimensions[0]! * dimensions[1]!, shape.scale, random);
    // A row of zeros: its logit is 0 and never the highest, so an answer goes on until it is ended.
    if (name === 'token_embd.weight') data.fill(0, 0, shape.special.length * q8Bytes(shape.width));
    return { name, dimensions, type: 'Q8_0', data };
  });
  return { metadata: metadataOf(shape), tensors };
}

function tensorShapes({ layers, width, heads, kvHeads, feedForward, vocabulary }: RandomLlama): [name: string, dimensions: number[]][] {
  const kvWidth = (width / heads) * kvHeads;
  const ofLayer: [string, number[]][] = [
    ['attn_norm', [width]],
    ['attn_q', [width, width]],
    ['attn_k', [width, kvWidth]],
    ['attn_v', [width, kvWidth]],
    ['attn_output', [width, width]],
    ['ffn_norm', [width]],
    ['ffn_gate', [width, feedForward]],
    ['ffn_up', [width, feedForward]],
    ['ffn_down', [feedForward, width]],
  ];
  const blocks = Array.from({ length: layers }, (_, layer) => ofLayer.map(([name, shape]): [string, number[]] => [`blk.${layer}.${name}.weight`, shape]));
  return [['token_embd.weight', [width, vocabulary]], ...blocks.flat(), ['output_norm.weight', [width]]];
}

function metadataOf({ layers, width, heads, kvHeads, feedForward, vocabulary, context, special, metadata }: RandomLlama): GgufMetadata {
  const { tokens, merges } = byteLevelVocabulary(vocabulary, special);
  const sizes = {
    context_length: context,
    embedding_length: width,
    block_count: layers,
    feed_forward_length: feedForward,
    'attention.head_count': heads,
    'attention.head_count_kv': kvHeads,
    'rope.dimension_count': width / heads,
    vocab_size: vocabulary,
  };
  return {
    'general.architecture': ['string', 'llama'],
    'general.name': ['string', 'random'],
    'general.file_type': ['uint32', 7], // mostly Q8_0
    'general.quantization_version': ['uint32', 2],
    ...Object.fromEntries(Object.entries(sizes).map(([key, value]): [string, GgufValue] => [`llama.${key}`, ['uint32', value]])),
    'llama.attention.layer_norm_rms_epsilon': ['float32', 1e-5],
    'llama.rope.freq_base': ['float32', 10_000],
    'tokenizer.ggml.model': ['string', 'gpt2'],
    'tokenizer.ggml.pre': ['string', 'smollm'],
    'tokenizer.ggml.tokens': ['array', 'string', tokens],
    'tokenizer.ggml.token_type': ['array', 'int32', tokens.map((_, id) => (id < special.length ? 3 : 1))], // control, normal
    'tokenizer.ggml.merges': ['array', 'string', merges],
    'tokenizer.ggml.bos_token_id': ['uint32', 0],
    'tokenizer.ggml.eos_token_id': ['uint32', special.length - 1],
    'tokenizer.ggml.add_bos_token': ['bool', false],
    ...metadata,
  };
}

const blockElements = 32;
const blockBytes = 34; // a float16 scale and 32 signed bytes
const q8Bytes = (count: number) => (count / blockElements) * blockBytes;

function randomQ8(count: number, scale: number, random: () => number): Buffer {
  const bytes = Buffer.alloc(q8Bytes(count));
  const half = powerOfTwoAsHalf(scale);
  for (let at = 0; at < bytes.length; at += blockBytes) {
    bytes.writeUInt16LE(half, at);
    for (let index = 2; index < blockBytes; index += 4) bytes.writeInt32LE(random(), at + index);
    for (let index = 2; index < blockBytes; index++) if (bytes[at + index] === 0x80) bytes[at + index] = 0x81; // -128 does not occur in Q8_0
  }
  return bytes;
}

/** Float16 bits of a power of two in its normal range. */
function powerOfTwoAsHalf(value: number): number {
  const exponent = Math.log2(value);
  if (!Number.isInteger(exponent) || exponent < -14 || exponent > 15) throw new TypeError('the scale must be a power of two from 2^-14 to 2^15');
  return (exponent + 15) << 10;
}

/** 32 random bits per call. Source: Marsaglia 2003, "Xorshift RNGs", section 4. */
function randomBits(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    return (state ^= state << 5);
  };
}
