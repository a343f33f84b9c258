import { unsupported } from '../errors.js';
import { writeUnigram } from '../vocabulary/unigram.js';
import { writeWordPiece } from '../vocabulary/write.js';
import { classifierLabels, keepEncoder, writeEncoderParameters } from './bert.js';
import type { Family, FamilyContext } from './family.js';
import { mapName, type TensorNames } from './tensor-names.js';

const names: TensorNames = {
  'embeddings.word_embeddings': 'token_embd',
  'embeddings.token_type_embeddings': 'token_types',
  emb_ln: 'token_embd_norm',
  'encoder.layers.#.attn.Wqkv': 'blk.#.attn_qkv',
  'encoder.layers.#.attn.out_proj': 'blk.#.attn_output',
  'encoder.layers.#.norm1': 'blk.#.attn_output_norm',
  'encoder.layers.#.mlp.fc11': 'blk.#.ffn_up',
  'encoder.layers.#.mlp.fc12': 'blk.#.ffn_gate',
  'encoder.layers.#.mlp.fc2': 'blk.#.ffn_down',
  'encoder.layers.#.norm2': 'blk.#.layer_output_norm',
};

/** nomic-embed-text v1 and v1.5: BERT with rotary positions and a gated feed-forward part. Source: class NomicBertModel of llama.cpp's conversion/bert.py */
export const nomicBert: Family = {
  name: 'nomic-bert',
  architectures: ['NomicBertModel'],
  prepare,
  keep: keepEncoder,
  parameters: writeEncoderParameters,
  vocabulary: (context, metadata) => (context.tokenizer.model['type'] === 'Unigram' ? writeUnigram(context, metadata) : writeWordPiece(context, metadata)),
  mapper: (context) => {
    const hasLabels = classifierLabels(context).length > 0;
    return {
      map: (name, weight) => [{ name: mapName(names, hasLabels ? name.replace(/^classifier\.(weight|bias)$/, 'classifier.out_proj.$1') : name, context.blockCount), weight }],
    };
  },
};

/** What llama.cpp's nomic-bert is built for; anything else of this architecture would compute something different. */
const expected: Record<string, unknown> = {
  activation_function: 'swiglu', causal: false, qkv_proj_bias: false, mlp_fc1_bias: false, mlp_fc2_bias: false, prenorm: false,
  rotary_emb_fraction: 1, rotary_emb_interleaved: false, rotary_emb_scale_base: null,
};

function prepare({ config }: FamilyContext): void {
  const { values } = config;
  if (values['moe_every_n_layers']) throw unsupported('A nomic-bert with experts cannot be converted.');
  const other = Object.entries(expected).find(([key, value]) => key in values && values[key] !== value);
  if (other) throw unsupported(`A nomic-bert with ${other[0]} ${JSON.stringify(values[other[0]])} cannot be converted.`);
  const trained = config.number('max_trained_positions') ?? 2048;
  const positions = config.required('n_positions');
  // The published models were trained on fewer positions than they have.
  const usable = trained === 2048 ? { 8192: 2048, 2048: 512 }[positions] : undefined;
  if (usable === undefined) throw unsupported(`A nomic-bert with ${positions} positions, trained on ${trained}, cannot be converted.`);
  values['n_positions'] = usable;
}
