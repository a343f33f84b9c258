import type { DecoderShape } from './graphs/decoder-graph.js';

type Json = Record<string, unknown>;

/** Sizes of a decoder's cache by its configuration, for exports that leave them open. Source: the names that each family gives them. */
export function decoderShapeOf(config: Json | undefined): DecoderShape {
  const own = (config?.decoder ?? config?.text_config ?? config ?? {}) as Json;
  const number = (...names: string[]) => names.map((name) => own[name]).find((value): value is number => typeof value === 'number');
  const attention = number('decoder_attention_heads', 'num_attention_heads', 'num_heads', 'n_head');
  const hidden = number('d_model', 'hidden_size', 'n_embd');
  const headSize = number('d_kv', 'head_dim') ?? (attention !== undefined && hidden !== undefined ? hidden / attention : undefined);
  return { heads: number('num_key_value_heads') ?? attention, headSize };
}

/** Tokens that a decoder has positions for; undefined where it has no table of them, or its configuration says nothing. */
export function decoderPositions(config: Json | undefined): number | undefined {
  const own = (config?.decoder ?? config?.text_config ?? config ?? {}) as Json;
  return ['max_position_embeddings', 'n_positions', 'max_seq_len', 'seq_length'].map((name) => own[name]).find((value): value is number => typeof value === 'number' && value > 0);
}
