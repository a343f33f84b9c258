// A LLaMA with random BF16 weights as a folder with safetensors, and a sentencepiece vocabulary: 0.5B parameters, 1 GB.
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const shape = { layers: 16, width: 1536, heads: 12, kvHeads: 4, feedForward: 4096, vocabulary: 32000 };

/** Path of the folder; made on first use and kept outside git. */
export async function randomSafetensors() {
  const folder = fileURLToPath(new URL('../.cache/random-llama-1gb', import.meta.url));
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.part`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  await writeFile(join(unfinished, 'config.json'), JSON.stringify(configuration()));
  await writeFile(join(unfinished, 'tokenizer.model'), sentencePieceModel(shape.vocabulary));
  await writeWeights(join(unfinished, 'model.safetensors'));
  await rename(unfinished, folder);
  return folder;
}

function configuration() {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: shape.width,
    intermediate_size: shape.feedForward,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.kvHeads,
    vocab_size: shape.vocabulary,
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: false,
    bos_token_id: 1,
    eos_token_id: 2,
  };
}

function tensorShapes() {
  const { layers, width, heads, kvHeads, feedForward, vocabulary } = shape;
  const kvWidth = (width / heads) * kvHeads;
  const shapes = [['model.embed_tokens', [vocabulary, width]], ['lm_head', [vocabulary, width]], ['model.norm', [width]]];
  for (let layer = 0; layer < layers; layer++) {
    const own = {
      input_layernorm: [width], post_attention_layernorm: [width],
      'self_attn.q_proj': [width, width], 'self_attn.k_proj': [kvWidth, width], 'self_attn.v_proj': [kvWidth, width], 'self_attn.o_proj': [width, width],
      'mlp.gate_proj': [feedForward, width], 'mlp.up_proj': [feedForward, width], 'mlp.down_proj': [width, feedForward],
    };
    for (const [name, size] of Object.entries(own)) shapes.push([`model.layers.${layer}.${name}`, size]);
  }
  return shapes.map(([name, size]) => [`${name}.weight`, size]);
}

/** Weights between -1/8 and 1/8: a random sign, an exponent that falls off as those of a normal distribution do, random bits. */
async function writeWeights(path) {
  const header = {};
  let offset = 0;
  for (const [name, size] of tensorShapes()) {
    const bytes = 2 * size.reduce((product, length) => product * length, 1);
    header[name] = { dtype: 'BF16', shape: size, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const file = await open(path, 'w');
  try {
    await file.write(Buffer.concat([length, text]));
    const piece = new Uint16Array(1 << 21);
    let state = 1;
    for (let left = offset / 2; left > 0; left -= piece.length) {
      const count = Math.min(left, piece.length);
      for (let index = 0; index < count; index++) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        const exponent = 124 - Math.clz32((state >>> 1) | 1);
        piece[index] = ((state & 1) << 15) | (exponent << 7) | ((state >>> 8) & 127);
      }
      await file.write(new Uint8Array(piece.buffer, 0, 2 * count));
    }
  } finally {
    await file.close();
  }
}

/** A sentencepiece model (BPE with byte fallback) of `size` pieces; a protocol buffer, see sentencepiece_model.proto. */
function sentencePieceModel(size) {
  const message = (number, bytes) => Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
  const integer = (number, value) => Buffer.concat([varint(number * 8), varint(value)]);
  const piece = (text, score, kind) => {
    const bytes = Buffer.alloc(5);
    bytes[0] = 2 * 8 + 5;
    bytes.writeFloatLE(score, 1);
    return message(1, Buffer.concat([message(1, Buffer.from(text)), bytes, integer(3, kind)]));
  };
  const bytePieces = Array.from({ length: 256 }, (_, byte) => piece(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, 0, 6));
  const words = Array.from({ length: size - 259 }, (_, index) => piece(`\u2581${index.toString(36)}`, -index, 1));
  const trainer = Buffer.concat([integer(3, 2), integer(4, size), integer(35, 1)]);
  const normalizer = Buffer.concat([message(1, Buffer.from('identity')), integer(3, 1), integer(4, 0), integer(5, 1)]);
  return Buffer.concat([piece('<unk>', 0, 2), piece('<s>', 0, 3), piece('</s>', 0, 3), ...bytePieces, ...words, message(2, trainer), message(3, normalizer)]);
}

function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) | 128);
    if (rest < 128) return Buffer.from(bytes);
  }
}
