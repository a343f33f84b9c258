import { safetensorsFile as safetensors, type SafetensorsTensor, type SafetensorsType } from '@llmi/handler-testkit/safetensors';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export { safetensors };

export const tinyConfig = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 263,
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
};

/** The tensors of a LLaMA of that configuration, tied unless `head` is set. */
export function tinyTensors(dtype: SafetensorsType = 'F32', head = false): Record<string, SafetensorsTensor> {
  const { vocab_size: vocabulary, hidden_size: width, intermediate_size: inner, num_hidden_layers: layers } = tinyConfig;
  const tensors: Record<string, SafetensorsTensor> = { 'model.embed_tokens.weight': { shape: [vocabulary, width] }, 'model.norm.weight': { shape: [width] } };
  if (head) tensors['lm_head.weight'] = { shape: [vocabulary, width] };
  for (let layer = 0; layer < layers; layer++) {
    const shapes: Record<string, number[]> = {
      'input_layernorm': [width], 'post_attention_layernorm': [width],
      'self_attn.q_proj': [width, width], 'self_attn.k_proj': [width / 2, width], 'self_attn.v_proj': [width / 2, width], 'self_attn.o_proj': [width, width],
      'mlp.gate_proj': [inner, width], 'mlp.up_proj': [inner, width], 'mlp.down_proj': [width, inner],
    };
    for (const [name, shape] of Object.entries(shapes)) tensors[`model.layers.${layer}.${name}.weight`] = { shape };
  }
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, { dtype, ...tensor }]));
}

/** GPT-2's signs for the 256 bytes, one merge and six tokens with a role. */
export function byteLevelTokenizer(): { tokenizer: object; config: object } {
  const isVisible = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  const signs = Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isVisible(byte) ? byte : next++));
  const special = ['<|begin|>', '<|end|>', '<|pad|>', '<|user|>', '<|model|>', '<|tool|>'];
  const added = special.map((content, index) => ({ id: 257 + index, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: index < 3 }));
  return {
    tokenizer: {
      version: '1.0', truncation: null, padding: null, added_tokens: added, normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      post_processor: { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<|begin|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }], pair: [], special_tokens: { '<|begin|>': { id: '<|begin|>', ids: [257], tokens: ['<|begin|>'] } } },
      decoder: { type: 'ByteLevel' },
      model: { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, vocab: Object.fromEntries([...signs, 'hi'].map((sign, id) => [sign, id])), merges: ['h i'] },
    },
    config: { bos_token: '<|begin|>', eos_token: '<|end|>', pad_token: '<|pad|>', tokenizer_class: 'PreTrainedTokenizerFast', chat_template: '{{ messages[0].content }}' },
  };
}

export interface TinyFolder {
  path: string; // of the model
  target: string; // beside it, not there yet
  parent: string;
  write(name: string, content: string | Uint8Array | object): void;
  remove(): void;
}

/** A folder with a whole tiny model that can be converted. */
export function tinyFolder(name = 'tiny-llama'): TinyFolder {
  const parent = mkdtempSync(join(tmpdir(), 'llmi-convert-'));
  const path = join(parent, name);
  mkdirSync(path);
  const write = (file: string, content: string | Uint8Array | object) => {
    writeFileSync(join(path, file), typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content));
  };
  const { tokenizer, config } = byteLevelTokenizer();
  write('config.json', tinyConfig);
  write('tokenizer.json', tokenizer);
  write('tokenizer_config.json', config);
  write('model.safetensors', safetensors(tinyTensors()));
  return { path, target: join(parent, 'tiny.gguf'), parent, write, remove: () => rmSync(parent, { recursive: true, force: true }) };
}
