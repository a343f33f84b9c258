import type { JsonObject } from '../model-folder.js';

interface ConfigDefaults {
  values: JsonObject;
  /** What the family's configuration class works out from other values. */
  derive?: (config: JsonObject) => JsonObject;
}

const dividedHeadSize = (config: JsonObject) => ({ head_dim: config['head_dim'] ?? Math.floor(Number(config['hidden_size']) / Number(config['num_attention_heads'])) });
const sharedHeads = (config: JsonObject) => ({ num_key_value_heads: config['num_key_value_heads'] ?? config['num_attention_heads'] });
const usedWindow = (config: JsonObject) => ({ sliding_window: config['use_sliding_window'] === true ? config['sliding_window'] : null });

const llama = { vocab_size: 32000, max_position_embeddings: 2048, hidden_size: 4096, intermediate_size: 11008, num_hidden_layers: 32, num_attention_heads: 32, rms_norm_eps: 1e-6, rope_theta: 10000 };
const qwen = { vocab_size: 151936, max_position_embeddings: 32768, hidden_size: 4096, intermediate_size: 22016, num_hidden_layers: 32, num_attention_heads: 32, num_key_value_heads: 32, rms_norm_eps: 1e-6, rope_theta: 10000, sliding_window: 4096 };
const gemma = { max_position_embeddings: 8192, head_dim: 256, rms_norm_eps: 1e-6, rope_theta: 10000, bos_token_id: 2, eos_token_id: 1, pad_token_id: 0 };
const bert = { hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12, intermediate_size: 3072, max_position_embeddings: 512, type_vocab_size: 2, layer_norm_eps: 1e-12 };

/**
 * What a config.json leaves out, by model type: the values that reach a GGUF file.
 *
 * Source: the configuration classes of https://github.com/huggingface/transformers, v4.57.6
 */
export const configDefaults: Record<string, ConfigDefaults> = {
  llama: { values: llama, derive: (config) => ({ ...dividedHeadSize(config), ...sharedHeads(config) }) },
  mistral: { values: { ...llama, max_position_embeddings: 131072, intermediate_size: 14336, num_key_value_heads: 8 }, derive: sharedHeads },
  mixtral: {
    values: { ...llama, max_position_embeddings: 131072, intermediate_size: 14336, num_key_value_heads: 8, rms_norm_eps: 1e-5, rope_theta: 1e6, num_experts_per_tok: 2, num_local_experts: 8 },
    derive: sharedHeads,
  },
  smollm3: { values: { vocab_size: 128256, max_position_embeddings: 32768, hidden_size: 2048, intermediate_size: 11008, num_hidden_layers: 36, num_attention_heads: 16, num_key_value_heads: 4, rms_norm_eps: 1e-6, rope_theta: 2e6 } },
  qwen2: { values: qwen, derive: (config) => ({ ...sharedHeads(config), ...usedWindow(config) }) },
  qwen2_moe: {
    values: {
      ...qwen, hidden_size: 2048, intermediate_size: 5632, num_hidden_layers: 24, num_attention_heads: 16, num_key_value_heads: 16,
      moe_intermediate_size: 1408, shared_expert_intermediate_size: 5632, num_experts_per_tok: 4, num_experts: 60,
    },
    derive: usedWindow,
  },
  qwen3: { values: { ...qwen, head_dim: 128 }, derive: (config) => ({ ...sharedHeads(config), ...usedWindow(config) }) },
  qwen3_moe: {
    values: { ...qwen, hidden_size: 2048, intermediate_size: 6144, num_hidden_layers: 24, num_key_value_heads: 4, moe_intermediate_size: 768, num_experts_per_tok: 8, num_experts: 128 },
    derive: (config) => ({ ...sharedHeads(config), ...usedWindow(config) }),
  },
  gemma: { values: { ...gemma, hidden_size: 3072, intermediate_size: 24576, num_hidden_layers: 28, num_attention_heads: 16, num_key_value_heads: 16 } },
  gemma2: {
    values: {
      ...gemma, hidden_size: 2304, intermediate_size: 9216, num_hidden_layers: 26, num_attention_heads: 8, num_key_value_heads: 4,
      sliding_window: 4096, final_logit_softcapping: 30, attn_logit_softcapping: 50,
    },
  },
  gemma3_text: {
    values: {
      ...gemma, vocab_size: 262208, max_position_embeddings: 131072, hidden_size: 2304, intermediate_size: 9216, num_hidden_layers: 26, num_attention_heads: 8, num_key_value_heads: 4,
      rope_theta: 1e6, rope_local_base_freq: 10000, sliding_window: 4096,
    },
  },
  phi3: {
    values: {
      ...llama, hidden_size: 3072, intermediate_size: 8192, max_position_embeddings: 4096, original_max_position_embeddings: 4096, rms_norm_eps: 1e-5, partial_rotary_factor: 1,
    },
    derive: sharedHeads,
  },
  gpt2: { values: { vocab_size: 50257, n_positions: 1024, n_embd: 768, n_layer: 12, n_head: 12, layer_norm_epsilon: 1e-5 } },
  bert: { values: { ...bert, vocab_size: 30522 } },
  roberta: { values: { ...bert, vocab_size: 50265, pad_token_id: 1 } },
  'xlm-roberta': { values: { ...bert, vocab_size: 30522, pad_token_id: 1 } },
  distilbert: { values: { vocab_size: 30522, max_position_embeddings: 512, n_layers: 6, n_heads: 12, dim: 768, hidden_dim: 3072 } },
};
