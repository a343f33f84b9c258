import { corrupt } from '../errors.js';
import type { GgufMetadata } from '../gguf/metadata.js';
import { isObject } from '../model-folder.js';
import type { FamilyContext } from './family.js';
import { globalRope } from './rope.js';

/**
 * The parameters that most architectures share, in the reference's order.
 *
 * Source: TextModel.set_gguf_parameters of llama.cpp's conversion/base.py
 */
export function writeParameters(context: FamilyContext, metadata: GgufMetadata, fileType: number): void {
  const { config, blockCount } = context;
  metadata.uint32(metadata.own('block_count'), blockCount);
  const uint32 = (key: string, ...names: string[]) => {
    const value = config.number(...names);
    if (value !== undefined) metadata.uint32(metadata.own(key), value);
  };
  const float32 = (key: string, ...names: string[]) => {
    const value = config.number(...names);
    if (value !== undefined) metadata.float32(metadata.own(key), value);
  };
  uint32('context_length', 'max_position_embeddings', 'n_ctx', 'n_positions', 'max_length', 'max_sequence_length', 'model_max_length');
  uint32('embedding_length', 'hidden_size', 'n_embd', 'dim');
  uint32('feed_forward_length', 'prefix_dense_intermediate_size', 'dense_intermediate_size', 'intermediate_size', 'n_inner', 'hidden_dim');
  uint32('attention.head_count', 'num_attention_heads', 'n_head', 'n_heads');
  uint32('attention.head_count_kv', 'num_key_value_heads', 'n_kv_heads');
  if (config.values['is_causal'] === false) metadata.bool(metadata.own('attention.causal'), false);
  writeRope(context, metadata);
  float32('attention.layer_norm_rms_epsilon', 'rms_norm_eps', 'norm_eps');
  float32('attention.layer_norm_epsilon', 'layer_norm_eps', 'layer_norm_epsilon', 'norm_epsilon');
  uint32('expert_count', 'num_local_experts', 'num_experts', 'n_routed_experts');
  uint32('expert_used_count', 'num_experts_per_tok', 'num_experts_per_token', 'top_k_experts');
  uint32('expert_group_count', 'n_group');
  uint32('expert_group_used_count', 'topk_group');
  uint32('attention.key_length', 'head_dim');
  uint32('attention.value_length', 'head_dim');
  metadata.uint32('general.file_type', fileType);
}

function writeRope({ rope }: FamilyContext, metadata: GgufMetadata): void {
  const own = globalRope(rope);
  const number = (key: string) => (typeof own[key] === 'number' ? own[key] : undefined);
  const float32 = (key: string, value: number | undefined) => value !== undefined && metadata.float32(metadata.own(`rope.${key}`), value);
  const type = own['rope_type'];
  const factor = number('factor');
  if (type === 'linear' && factor !== undefined) {
    metadata.string(metadata.own('rope.scaling.type'), 'linear');
    float32('scaling.factor', factor);
  } else if (type === 'yarn' && factor !== undefined) {
    const context = number('original_max_position_embeddings');
    if (context === undefined) throw corrupt('config.json scales positions with yarn, but has no original_max_position_embeddings.');
    metadata.string(metadata.own('rope.scaling.type'), 'yarn');
    float32('scaling.factor', factor);
    metadata.uint32(metadata.own('rope.scaling.original_context_length'), context);
    float32('scaling.yarn_ext_factor', number('extrapolation_factor'));
    float32('scaling.yarn_attn_factor', 'attention_factor' in own ? number('attention_factor') : number('attn_factor'));
    float32('scaling.yarn_beta_fast', number('beta_fast'));
    float32('scaling.yarn_beta_slow', number('beta_slow'));
  } else if (type === 'su' || type === 'longrope') {
    metadata.string(metadata.own('rope.scaling.type'), 'longrope');
  }
  if (Array.isArray(rope['mrope_section'])) {
    metadata.numbers(metadata.own('rope.dimension_sections'), 'int32', [...(rope['mrope_section'] as number[]), 0, 0, 0, 0].slice(0, 4));
  }
  float32('freq_base', number('rope_theta'));
  const local = rope['sliding_attention'];
  if (isObject(local) && typeof local['rope_theta'] === 'number') float32('freq_base_swa', local['rope_theta']);
}

const poolingModes = new Map([['mean', 1], ['cls', 2], ['lasttoken', 3]]);

/**
 * How token vectors become one vector, from the folder of sentence-transformers' pooling module.
 *
 * Source: TextModel._try_set_pooling_type of llama.cpp's conversion/base.py
 */
export async function writePooling({ folder, config }: FamilyContext, metadata: GgufMetadata): Promise<void> {
  const modules = await folder.jsonValue('modules.json');
  const module = (Array.isArray(modules) ? modules : []).filter(isObject).find(({ type }) => String(type).endsWith('Pooling'));
  if (module) {
    const pooling = (await folder.json(`${String(module['path'])}/config.json`)) ?? {};
    const flags = { mean: 'pooling_mode_mean_tokens', cls: 'pooling_mode_cls_token', lasttoken: 'pooling_mode_lasttoken' };
    const flagged = Object.entries(flags).find(([, flag]) => pooling[flag])?.[0];
    const mode = poolingModes.get(flagged ?? String(pooling['pooling_mode']));
    if (mode === undefined) throw corrupt('The pooling is none of mean, cls and lasttoken.');
    metadata.uint32(metadata.own('pooling_type'), mode);
  }
  const classifier = poolingModes.get(String(config.values['classifier_pooling']));
  if (classifier !== undefined) metadata.uint32(metadata.own('classifier.pooling_type'), classifier);
}
