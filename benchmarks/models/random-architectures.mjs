// Models of several architectures with random weights, as GGUF: for measuring memory. One megabyte of random blocks, repeated.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { vocabularyEntries } from './byte-level-vocabulary.mjs';
import { tensorBytes, tensorTypes, writeGguf } from './gguf-writer.mjs';

const special = ['<|endoftext|>'];
const pieceBytes = 1 << 20;

/** Path of a model of that name and settings; made on first use and kept outside git. */
export async function randomArchitecture(name, settings) {
  const path = fileURLToPath(new URL(`../.cache/${name}.gguf`, import.meta.url));
  if (!existsSync(path)) await writeRandomArchitecture(path, settings);
  return path;
}

/**
 * Writes a model of `architecture` with its weights in `type` (rows that are no whole blocks of it in Q8_0), embeddings in
 * `embeddingType`, norms and biases in F32. `metadata` adds entries of the architecture: [key without it, type, value].
 */
export async function writeRandomArchitecture(path, settings) {
  const { architecture, layers, width, vocabulary, context, type, embeddingType = type, tied = true, metadata = [] } = settings;
  const typed = ([name, shape, own]) => ({ name, shape, type: own ?? (shape.length === 1 ? 'F32' : fitting(type, shape[0])) });
  const tensors = [
    ['token_embd.weight', [width, vocabulary], fitting(embeddingType, width)],
    ...(tied ? [] : [['output.weight', [width, vocabulary], fitting(embeddingType, width)]]),
    ['output_norm.weight', [width]],
    ...Array.from({ length: layers }, (_, layer) => layerTensors(settings, layer).map(([name, ...rest]) => [`blk.${layer}.${name}`, ...rest])).flat(),
  ].map(typed);
  const entries = [
    ['general.architecture', 'string', architecture],
    ['general.name', 'string', 'random'],
    ...Object.entries({ context_length: context, embedding_length: width, block_count: layers, vocab_size: vocabulary }).map(([key, value]) => [`${architecture}.${key}`, 'uint32', value]),
    [`${architecture}.attention.layer_norm_rms_epsilon`, 'float32', 1e-5],
    ...hyperparameters(settings).map(([key, value]) => [`${architecture}.${key}`, 'uint32', value]),
    ...metadata.map(([key, ...rest]) => [`${architecture}.${key}`, ...rest]),
    ...vocabularyEntries(vocabulary, special),
  ];
  await writeGguf(path, entries, tensors, pieces);
}

function fitting(type, rowElements) {
  return rowElements % tensorTypes[type].blockElements === 0 ? type : 'Q8_0';
}

/** The settings as the file has them: [key, whole number]. */
function hyperparameters({ heads, kvHeads, headSize, feedForward, window, experts, ssm, mla }) {
  return [
    ['feed_forward_length', feedForward],
    ['attention.head_count', heads],
    ['attention.head_count_kv', mla ? 1 : kvHeads],
    ['attention.key_length', mla ? mla.rank + mla.rope : headSize],
    ['attention.value_length', mla ? mla.rank : headSize],
    ['attention.sliding_window', window],
    ['rope.dimension_count', mla ? mla.rope : headSize],
    ['attention.kv_lora_rank', mla?.rank],
    ['attention.key_length_mla', mla && mla.head + mla.rope],
    ['attention.value_length_mla', mla?.head],
    ['expert_count', experts?.count],
    ['expert_used_count', experts?.used],
    ['expert_feed_forward_length', experts?.feedForward],
    ['expert_shared_count', experts?.shared],
    ['leading_dense_block_count', experts?.denseLayers],
    ['ssm.conv_kernel', ssm?.kernel],
    ['ssm.inner_size', ssm?.inner],
    ['ssm.state_size', ssm?.state],
    ['ssm.time_step_rank', ssm?.rank],
  ].filter(([, value]) => value !== undefined);
}

/** [name, shape, type where it is not the usual one] */
function layerTensors(settings, layer) {
  const { architecture, width, ssm } = settings;
  const norms = [['attn_norm.weight', [width]]];
  if (ssm) return [...norms, ...stateTensors(settings)];
  const post = /^gemma[23]$/.test(architecture) ? [['post_attention_norm.weight', [width]], ['post_ffw_norm.weight', [width]]] : [];
  return [...norms, ['ffn_norm.weight', [width]], ...post, ...attentionTensors(settings), ...feedForwardTensors(settings, layer)];
}

function attentionTensors({ architecture, width, heads, kvHeads, headSize, mla }) {
  if (mla) {
    return [
      ['attn_kv_a_norm.weight', [mla.rank]],
      ['attn_q.weight', [width, heads * (mla.head + mla.rope)]],
      ['attn_kv_a_mqa.weight', [width, mla.rank + mla.rope]],
      ['attn_k_b.weight', [mla.head, mla.rank, heads]],
      ['attn_v_b.weight', [mla.rank, mla.head, heads]],
      ['attn_output.weight', [heads * mla.head, width]],
    ];
  }
  const [queryWidth, keyWidth] = [heads * headSize, kvHeads * headSize];
  const output = ['attn_output.weight', [queryWidth, width]];
  if (architecture === 'phi3') return [['attn_qkv.weight', [width, queryWidth + 2 * keyWidth]], output];
  const projections = [['attn_q', queryWidth], ['attn_k', keyWidth], ['attn_v', keyWidth]];
  return [
    ...projections.map(([name, size]) => [`${name}.weight`, [width, size]]),
    output,
    ...(architecture === 'qwen2' ? projections.map(([name, size]) => [`${name}.bias`, [size]]) : []),
    ...(/^(qwen3|qwen3moe|gemma3)$/.test(architecture) ? ['attn_q_norm.weight', 'attn_k_norm.weight'].map((name) => [name, [headSize]]) : []),
  ];
}

function feedForwardTensors({ architecture, width, feedForward, experts }, layer) {
  if (experts && layer >= (experts.denseLayers ?? 0)) {
    const network = (suffix, inner, ...more) => [
      [`ffn_gate_${suffix}.weight`, [width, inner, ...more]],
      [`ffn_up_${suffix}.weight`, [width, inner, ...more]],
      [`ffn_down_${suffix}.weight`, [inner, width, ...more]],
    ];
    return [
      ['ffn_gate_inp.weight', [width, experts.count], 'F32'],
      ...network('exps', experts.feedForward ?? feedForward, experts.count),
      ...(experts.shared ? network('shexp', experts.feedForward * experts.shared) : []),
    ];
  }
  const gate = architecture === 'phi3' ? [['ffn_up.weight', [width, 2 * feedForward]]] : [['ffn_gate.weight', [width, feedForward]], ['ffn_up.weight', [width, feedForward]]];
  return [...gate, ['ffn_down.weight', [feedForward, width]]];
}

/** Mamba: https://arxiv.org/abs/2312.00752 */
function stateTensors({ width, ssm: { kernel, inner, state, rank } }) {
  return [
    ['ssm_in.weight', [width, 2 * inner]],
    ['ssm_conv1d.weight', [kernel, inner], 'F32'],
    ['ssm_conv1d.bias', [inner]],
    ['ssm_x.weight', [inner, rank + 2 * state]],
    ['ssm_dt.weight', [rank, inner], 'F32'],
    ['ssm_dt.bias', [inner]],
    ['ssm_a', [state, inner], 'F32'],
    ['ssm_d', [inner]],
    ['ssm_out.weight', [inner, width]],
  ];
}

const sources = new Map();

/** The bytes of a tensor: norms are ones; the rows of control tokens are zeros, so that no answer ends by itself. */
function* pieces(tensor) {
  const total = tensorBytes(tensor);
  const source = sources.get(tensor.type) ?? randomBlocks(tensor.type);
  sources.set(tensor.type, source);
  let left = total;
  if (tensor.name === 'token_embd.weight' || tensor.name === 'output.weight') {
    const rowBytes = (total / tensor.shape[1]) * special.length;
    yield Buffer.alloc(rowBytes);
    left -= rowBytes;
  }
  for (; left > 0; left -= source.length) yield source.subarray(0, Math.min(left, source.length));
}

/** About a megabyte of whole blocks whose values are small: float16 scales of 2^-12 and random digits. */
function randomBlocks(type) {
  const { blockBytes } = tensorTypes[type];
  const count = Math.floor(pieceBytes / blockBytes);
  if (type === 'F32') return Buffer.from(new Float32Array(count).fill(1).buffer);
  if (type === 'F16') return Buffer.from(Uint16Array.from({ length: count }, (_, index) => 0x2000 | ((index * 40503) & 0x83ff)).buffer); // near 2^-7, either sign
  const bytes = Buffer.alloc(count * blockBytes);
  let state = 1;
  for (let at = 0; at < bytes.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' linear congruential generator
    bytes[at] = state >>> 24;
  }
  const scaleAt = type === 'Q6_K' ? 208 : 0;
  for (let at = 0; at < bytes.length; at += blockBytes) {
    bytes.writeUInt16LE(scaleOf(type), at + scaleAt);
    if (type === 'Q4_K') bytes.writeUInt16LE(scaleOf(type), at + 2);
    if (type === 'Q8_0') for (let index = 2; index < blockBytes; index++) if (bytes[at + index] === 0x80) bytes[at + index] = 0x81;
  }
  return bytes;
}

/** Float16 bits of 2^-12, or 2^-14 where blocks have scales of their own. */
function scaleOf(type) {
  return (type.endsWith('_K') ? 1 : 3) << 10;
}
