import { PlainWeight } from '../checkpoint/weight.js';
import { corrupt, unsupported } from '../errors.js';
import type { GgufMetadata } from '../gguf/metadata.js';
import { writeByteLevel, writeSentencePiece } from '../vocabulary/write.js';
import type { Family, FamilyContext, NamedWeight } from './family.js';
import { globalRope } from './rope.js';
import { decoderNames, mapName, textTensor } from './tensor-names.js';

/** Phi-3, Phi-3.5 and Phi-4. Source: class Phi3MiniModel of llama.cpp's conversion/phi.py */
export const phi3: Family = {
  name: 'phi3',
  architectures: ['Phi3ForCausalLM'],
  keep: textTensor,
  parameters: writeParameters,
  vocabulary: (context, metadata) => (context.tokenizer.config?.['tokenizer_class'] === 'GPT2Tokenizer' ? writeByteLevel(context, metadata) : writeSentencePiece(context, metadata, true)),
  extraTensors: longContextFactors,
  mapper: ({ blockCount }) => ({ map: (name, weight) => [{ name: mapName(decoderNames, name, blockCount), weight }] }),
};

function writeParameters(context: FamilyContext, metadata: GgufMetadata, fileType: number): void {
  const { config, blockCount, rope } = context;
  const { window, ...sizes } = { ...ropeSizes(context), window: config.number('sliding_window') ?? 0 }; // 0 tells Phi-4 from the others
  metadata.uint32(metadata.own('context_length'), sizes.context);
  metadata.uint32(metadata.own('rope.scaling.original_context_length'), sizes.originalContext);
  metadata.uint32(metadata.own('embedding_length'), config.required('hidden_size', 'n_embd'));
  metadata.uint32(metadata.own('feed_forward_length'), config.required('intermediate_size'));
  metadata.uint32(metadata.own('block_count'), blockCount);
  metadata.uint32(metadata.own('attention.head_count'), config.required('num_attention_heads', 'n_head'));
  metadata.uint32(metadata.own('attention.head_count_kv'), config.required('num_key_value_heads', 'n_head_kv'));
  metadata.float32(metadata.own('attention.layer_norm_rms_epsilon'), config.required('rms_norm_eps'));
  metadata.uint32(metadata.own('rope.dimension_count'), sizes.dimensions);
  metadata.float32(metadata.own('rope.freq_base'), Number(globalRope(rope)['rope_theta']));
  metadata.uint32('general.file_type', fileType);
  metadata.uint32(metadata.own('attention.sliding_window'), window);
}

function ropeSizes({ config, rope }: FamilyContext): { context: number; originalContext: number; dimensions: number } {
  const originalContext = rope['original_max_position_embeddings'];
  if (typeof originalContext !== 'number') throw corrupt('config.json has no number original_max_position_embeddings.');
  const share = typeof rope['partial_rotary_factor'] === 'number' ? rope['partial_rotary_factor'] : 1;
  const dimensions = Math.floor(Math.trunc(share * config.required('hidden_size', 'n_embd')) / config.required('num_attention_heads', 'n_head'));
  return { context: config.required('n_positions', 'max_position_embeddings'), originalContext, dimensions };
}

/** By how much frequencies are divided in long and in short texts, for models of 128k tokens. */
function longContextFactors(context: FamilyContext, metadata: GgufMetadata): NamedWeight[] {
  const { rope } = context;
  const { long_factor: long, short_factor: short } = rope;
  if (!Array.isArray(long) || long.length === 0) return [];
  const { context: length, originalContext, dimensions } = ropeSizes(context);
  const scale = length / originalContext;
  metadata.float32(metadata.own('rope.scaling.attn_factor'), attentionFactor(String(rope['rope_type'] ?? '').toLowerCase(), scale, originalContext));
  if (!Array.isArray(short) || short.length !== long.length || long.length !== dimensions / 2) {
    throw corrupt(`config.json needs ${dimensions / 2} long and as many short factors of its rope scaling.`);
  }
  return [
    { name: 'rope_factors_long.weight', weight: PlainWeight.constant(Float32Array.from(long as number[])) },
    { name: 'rope_factors_short.weight', weight: PlainWeight.constant(Float32Array.from(short as number[])) },
  ];
}

function attentionFactor(type: string, scale: number, originalContext: number): number {
  if (type === 'su' || type === 'longrope') return scale > 1 ? Math.sqrt(1 + Math.log(scale) / Math.log(originalContext)) : 1;
  if (type === 'yarn') return scale > 1 ? 0.1 * Math.log(scale) + 1 : 1;
  throw unsupported(`The rope scaling ${JSON.stringify(type)} cannot be converted.`);
}
