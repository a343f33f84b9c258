import { writeByteLevel } from '../vocabulary/write.js';
import type { Family } from './family.js';
import { mapName, textTensor, type TensorNames } from './tensor-names.js';

const names: TensorNames = {
  wte: 'token_embd',
  wpe: 'position_embd',
  ln_f: 'output_norm',
  lm_head: 'output',
  'h.#.ln_1': 'blk.#.attn_norm',
  'h.#.attn.c_attn': 'blk.#.attn_qkv',
  'h.#.attn.c_proj': 'blk.#.attn_output',
  'h.#.ln_2': 'blk.#.ffn_norm',
  'h.#.mlp.c_fc': 'blk.#.ffn_up',
  'h.#.mlp.c_proj': 'blk.#.ffn_down',
};

/** GPT-2. Source: class GPT2Model of llama.cpp's conversion/gpt2.py */
export const gpt2: Family = {
  name: 'gpt2',
  architectures: ['GPT2LMHeadModel'],
  keep: (name) => (/\.attn\.(bias|masked_bias)$/.test(name) ? undefined : textTensor(name)), // the causal mask is no weight
  parameters: ({ config, blockCount }, metadata, fileType) => {
    metadata.uint32(metadata.own('block_count'), blockCount);
    metadata.uint32(metadata.own('context_length'), config.required('n_ctx', 'n_positions'));
    metadata.uint32(metadata.own('embedding_length'), config.required('n_embd'));
    metadata.uint32(metadata.own('feed_forward_length'), 4 * config.required('n_embd'));
    metadata.uint32(metadata.own('attention.head_count'), config.required('n_head'));
    metadata.float32(metadata.own('attention.layer_norm_epsilon'), config.required('layer_norm_epsilon'));
    metadata.uint32('general.file_type', fileType);
  },
  vocabulary: writeByteLevel,
  mapper: ({ blockCount }) => ({
    map: (name, weight) => {
      const isTurned = /\.(c_attn|c_proj|c_fc)\.weight$/.test(name); // Conv1D keeps its inputs as rows
      return [{ name: mapName(names, name.replace(/^transformer\./, ''), blockCount), weight: isTurned ? weight.transpose() : weight }];
    },
  }),
};
