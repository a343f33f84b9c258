// Models with random weights, as GGUF: for measuring and testing without fetching anything. The same settings give the same file.
import { existsSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  const { tokens, merges } = byteLevelVocabulary(vocabulary, special);
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
  ];
  const endToken = special.length - 1;
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
    ['tokenizer.ggml.model', 'string', 'gpt2'],
    ['tokenizer.ggml.pre', 'string', 'smollm'],
    ['tokenizer.ggml.tokens', 'strings', tokens],
    ['tokenizer.ggml.token_type', 'int32s', tokens.map((_, id) => (id < special.length ? 3 : 1))], // control, normal
    ['tokenizer.ggml.merges', 'strings', merges],
    ['tokenizer.ggml.bos_token_id', 'uint32', 0],
    ['tokenizer.ggml.eos_token_id', 'uint32', endToken],
    ['tokenizer.ggml.add_bos_token', 'bool', false],
    ...metadata,
  ];
  const random = generator(seed);
  await mkdir(dirname(path), { recursive: true });
  const file = await open(`${path}.part`, 'w');
  try {
    await file.write(header(entries, tensors));
    for (const [name, shape] of tensors) {
      const bytes = shape.length === 1 ? ones(shape[0]) : randomQ8(shape[0] * shape[1], scale, random);
      // A row of zeros: its logit is 0 and never the highest, so an answer goes on until it is ended.
      if (name === 'token_embd.weight') for (let id = 0; id < special.length; id++) clearRow(bytes, id, shape[0]);
      await file.write(padded(bytes));
    }
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
}

const alignment = 32;
const blockElements = 32;
const blockBytes = 34; // a float16 scale and 32 signed bytes

const valueTypes = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 };
const tensorTypes = { f32: 0, q8: 8 };

/** Magic, version 3, counts, metadata, tensor table. Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */
function header(entries, tensors) {
  const parts = [Buffer.from('GGUF'), uint32(3), uint64(tensors.length), uint64(entries.length)];
  for (const [key, type, value] of entries) parts.push(string(key), ...typedValue(type, value));
  let offset = 0;
  for (const [name, shape] of tensors) {
    const isNorm = shape.length === 1;
    parts.push(string(name), uint32(shape.length), ...shape.map(uint64), uint32(isNorm ? tensorTypes.f32 : tensorTypes.q8), uint64(offset));
    const elements = shape.reduce((product, size) => product * size, 1);
    offset += Math.ceil((isNorm ? elements * 4 : (elements / blockElements) * blockBytes) / alignment) * alignment;
  }
  return padded(Buffer.concat(parts));
}

function typedValue(type, value) {
  switch (type) {
    case 'strings':
      return [uint32(valueTypes.array), uint32(valueTypes.string), uint64(value.length), ...value.map(string)];
    case 'int32s':
      return [uint32(valueTypes.array), uint32(valueTypes.int32), uint64(value.length), Buffer.from(Int32Array.from(value).buffer)];
    case 'float32':
      return [uint32(valueTypes.float32), Buffer.from(Float32Array.of(value).buffer)];
    case 'bool':
      return [uint32(valueTypes.bool), Buffer.of(value ? 1 : 0)];
    case 'string':
      return [uint32(valueTypes.string), string(value)];
    default:
      return [uint32(valueTypes[type]), uint32(value)];
  }
}

function uint32(value) {
  return Buffer.from(Uint32Array.of(value).buffer);
}

function uint64(value) {
  return Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
}

function string(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function padded(bytes) {
  return Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)]);
}

function ones(count) {
  return Buffer.from(new Float32Array(count).fill(1).buffer);
}

function randomQ8(elements, scale, random) {
  const bytes = Buffer.alloc((elements / blockElements) * blockBytes);
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

/** `size` tokens: control tokens, the 256 bytes, then words of two, three and four letters with the merges that build them. */
function byteLevelVocabulary(size, special) {
  const tokens = [...special, ...byteCharacters()];
  if (tokens.length > size) throw new Error(`a byte-level vocabulary has at least ${tokens.length} tokens`);
  const merges = [];
  const letters = [...'etaoinshrdlucmfwypvbgkjqxz'];
  const join = (left, right) => {
    if (tokens.length === size) return undefined;
    merges.push(`${left} ${right}`);
    tokens.push(left + right);
    return left + right;
  };
  const pairs = ['\u0120', ...letters].flatMap((left) => letters.map((right) => join(left, right)));
  const triples = pairs.flatMap((pair) => letters.map((letter) => pair && join(pair, letter)));
  for (const triple of triples) for (const letter of letters) if (triple) join(triple, letter);
  return { tokens, merges };
}

/** The characters that byte-level BPE writes bytes as. Source: https://github.com/openai/gpt-2/blob/master/src/encoder.py */
function byteCharacters() {
  const isPrintable = (byte) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
}
