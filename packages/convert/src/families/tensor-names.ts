import { unsupported } from '../errors.js';

/** Names of tensors without `.weight` and `.bias`, in the checkpoint and in GGUF; `#` stands for the number of the layer. */
export type TensorNames = Record<string, string>;

/** Names that decoders of the LLaMA kind share. Source: gguf-py/gguf/tensor_mapping.py of llama.cpp */
export const decoderNames: TensorNames = {
  'model.embed_tokens': 'token_embd',
  lm_head: 'output',
  'model.norm': 'output_norm',
  'model.layers.#.input_layernorm': 'blk.#.attn_norm',
  'model.layers.#.self_attn.q_proj': 'blk.#.attn_q',
  'model.layers.#.self_attn.k_proj': 'blk.#.attn_k',
  'model.layers.#.self_attn.v_proj': 'blk.#.attn_v',
  'model.layers.#.self_attn.qkv_proj': 'blk.#.attn_qkv',
  'model.layers.#.self_attn.o_proj': 'blk.#.attn_output',
  'model.layers.#.post_attention_layernorm': 'blk.#.ffn_norm',
  'model.layers.#.mlp.gate_proj': 'blk.#.ffn_gate',
  'model.layers.#.mlp.up_proj': 'blk.#.ffn_up',
  'model.layers.#.mlp.gate_up_proj': 'blk.#.ffn_up',
  'model.layers.#.mlp.down_proj': 'blk.#.ffn_down',
};

export const headNormNames: TensorNames = {
  'model.layers.#.self_attn.q_norm': 'blk.#.attn_q_norm',
  'model.layers.#.self_attn.k_norm': 'blk.#.attn_k_norm',
};

/**
 * The GGUF name of a checkpoint's tensor.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for a tensor that the family does not know
 */
export function mapName(names: TensorNames, name: string, blockCount: number): string {
  const [, stem, suffix] = /^(.*?)(\.weight|\.bias)?$/s.exec(name) as unknown as [string, string, string | undefined];
  const layer = /\.(\d+)\./.exec(stem);
  const pattern = layer ? stem.replace(layer[0], '.#.') : stem;
  const known = Object.hasOwn(names, pattern) ? names[pattern] : undefined;
  if (known === undefined || (layer && Number(layer[1]) >= blockCount)) {
    throw unsupported(`The model has a tensor ${JSON.stringify(name)} that its architecture does not know.`);
  }
  return (layer ? known.replace('#', layer[1]!) : known) + (suffix ?? '');
}

/** What belongs to a vision or audio part; the text model is converted without it. Source: TextModel.filter_tensors of conversion/base.py */
const otherModalities = [
  'visual.', 'vision.', 'audio.', 'talker.', 'vision_', 'audio_', 'token2wav.', 'code2wav.', 'projector.', 'pre_mm_projector_norm', 'image_newline',
  'view_seperator', 'patch_embed', 'patch_embedding', 'patch_merger.', 'patch_merge_mlp.', 'model.connector.',
];

/** A tensor's name as the text model calls it; undefined for one that is left out. */
export function textTensor(name: string): string | undefined {
  if (/^(mlp|vit\.|vpm\.|siglip2\.|conformer\.|merger\.|resampler\.)/.test(name) || otherModalities.some((part) => name.includes(part))) return undefined;
  if (/\.(attention\.masked_bias|attention\.bias|rotary_emb\.inv_freq)$/.test(name)) return undefined;
  return name.replaceAll('language_model.', '');
}
