import type { Work } from '@llmi/core';
import { formatBytes } from '@llmi/core/units';
import { metadataNumber, metadataPerLayer, metadataText, type GgufMetadata } from './gguf-metadata.js';
import { vocabularySize } from './memory-needs.js';

export interface WeightCounts {
  parameterCount: number;
  tensorBytes: number;
}

/** A multiplication of packed integers, unpacking included, takes about as long as this many of floats at full vector width. */
const quantizedFactor = 4;

/** What one token of an answer costs: all weights are read once, except the experts that are not chosen and the table of the input. */
export function tokenWork({ parameterCount, tensorBytes }: WeightCounts, metadata: GgufMetadata): Work {
  const architecture = metadataText(metadata, 'general.architecture') ?? '';
  const number = (name: string) => metadataNumber(metadata, `${architecture}.${name}`) ?? 0;
  const most = (name: string) => Math.max(0, ...(metadataPerLayer(metadata, `${architecture}.${name}`, number('block_count')) ?? []));
  const [layers, width, heads] = [number('block_count'), number('embedding_length'), most('attention.head_count')];
  const experts = (layers - number('leading_dense_block_count')) * number('expert_count') * 3 * width * (most('expert_feed_forward_length') || most('feed_forward_length'));
  const idle = number('expert_count') > 0 ? experts * (1 - most('expert_used_count') / number('expert_count')) : 0;
  const headSize = number('attention.key_length') || (heads > 0 ? width / heads : 0);
  const attention = 2 * width * headSize * (heads + (most('attention.head_count_kv') || heads));
  const network = experts > 0 ? experts : layers * 3 * width * most('feed_forward_length');
  const table = vocabularySize(metadata) * width;
  const outsideLayers = parameterCount - layers * attention - network;
  const unread = outsideLayers > 1.5 * table ? table : 0; // two tables: one for the input, of which a row is read, and one for the output
  const active = Math.max(0, parameterCount - idle - unread);
  const bytes = parameterCount > 0 ? (active / parameterCount) * tensorBytes : 0;
  const kinds = [...(idle > 0 ? [`${most('expert_used_count')} of ${number('expert_count')} experts`] : []), ...(unread > 0 ? ['without the table of the input'] : [])];
  return {
    unit: 'token',
    bytes,
    operations: 2 * active * quantizedFactor,
    derivation: `${(active / 1e6).toFixed(0)} M of ${(parameterCount / 1e6).toFixed(0)} M parameters${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''} read once, ${formatBytes(bytes)}`,
  };
}
