import type { MemoryPart } from '@llmi/core';
import { metadataNumber, metadataPerLayer, metadataText, type GgufMetadata } from './gguf-metadata.js';
import { kvElementBytes, type KvCacheType } from './kv-cache.js';
import { hasFlashAttention, layerShapes, type LayerShape } from './layer-shapes.js';

/** Tokens that are evaluated at once: node-llama-cpp's default. */
export const batchTokens = 512;
const cellStep = 256; // llama.cpp rounds contexts and windows up to this
const halfBytes = 2;
const floatBytes = 4;

/** Some memory, and the arithmetic behind it. */
export interface MemoryNeed {
  bytes: number;
  derivation: string;
}

export interface MemorySettings {
  /** Tokens of one request, prompt and answer. */
  contextSize: number;
  /** Requests at the same time, each with a context of its own. Default 1. */
  parallel?: number;
  kvCacheType?: KvCacheType;
}

/** Memory for keys and values, and for the states of recurrent layers. It is written when the context is made, so all of it is resident. */
export function kvCacheNeed(metadata: GgufMetadata, { contextSize, parallel = 1, kvCacheType }: MemorySettings): MemoryNeed {
  const elementBytes = kvElementBytes(kvCacheType);
  const layers = layerShapes(metadata);
  const cells = padded(contextSize);
  const batch = Math.min(batchTokens, cells * parallel) + 1; // node-llama-cpp adds one where layers slide
  const cellsOf = ({ window }: LayerShape) => (window === undefined ? cells : Math.min(cells, padded(window + batch)));
  const kinds = new Map<string, { text: string; count: number; bytes: number }>();
  let states = 0;
  for (const layer of layers) {
    const { kvHeads, keySize, valueSize, stateElements } = layer;
    if (stateElements > 0) states++;
    if (kvHeads === 0) continue;
    const heads = `${kvHeads} KV ${kvHeads === 1 ? 'head' : 'heads'}`;
    const size = keySize === valueSize ? `2 x ${heads} x ${keySize}` : `${heads} x ${valueSize === 0 ? keySize : `(${keySize} + ${valueSize})`}`;
    const text = `${size} x ${cellsOf(layer)} tokens`;
    const kind = kinds.get(text) ?? { text, count: 0, bytes: 0 };
    kinds.set(text, { text, count: kind.count + 1, bytes: kind.bytes + kvHeads * (keySize + valueSize) * cellsOf(layer) * elementBytes });
  }
  const stateElements = layers.reduce((sum, layer) => sum + layer.stateElements, 0);
  const bytes = parallel * ([...kinds.values()].reduce((sum, kind) => sum + kind.bytes, 0) + stateElements * floatBytes);
  const terms = [
    ...[...kinds.values()].map(({ text, count }) => `${count} ${count === 1 ? 'layer' : 'layers'} x ${text} x ${elementBytes} bytes`),
    ...(stateElements > 0 ? [`${states} layers x ${Math.round(stateElements / states)} x ${floatBytes} bytes of state`] : []),
  ];
  if (terms.length === 0) return { bytes: 0, derivation: 'this architecture keeps no keys and values' };
  const sum = terms.join(' + ');
  return { bytes, derivation: parallel === 1 ? sum : `${parallel} requests x ${terms.length > 1 ? `(${sum})` : sum}` };
}

/** Memory for the intermediate values of one batch. */
export interface ComputeNeed extends MemoryNeed {
  /**
   * What llama.cpp sets aside, for logits of every token of a batch. Of that, generating touches `bytes`: it asks for the logits of
   * one token. Memory that is never touched takes no room on a CPU; a GPU gives all of it away at once.
   */
  reservedBytes: number;
}

/** The widest moment of a layer, at a full batch. Source: the graphs of llama.cpp and its allocator, compared with what it logs. */
export function computeNeed(metadata: GgufMetadata, { contextSize, parallel = 1 }: MemorySettings): ComputeNeed {
  const architecture = metadataText(metadata, 'general.architecture') ?? '';
  const number = (name: string) => metadataNumber(metadata, `${architecture}.${name}`);
  const cells = padded(contextSize);
  const tokens = Math.min(batchTokens, cells * parallel);
  const vocabulary = vocabularySize(metadata);
  const width = number('embedding_length') ?? 0;
  const { elements, formula } = widestMoment(metadata, architecture, width);
  const heads = Math.max(0, ...(metadataPerLayer(metadata, `${architecture}.attention.head_count`, number('block_count') ?? 1) ?? []));
  const scores = heads > 0 && !hasFlashAttention(metadata, architecture) ? 2 * heads * cells : 0; // per token
  const mask = heads > 0 ? cells * (scores > 0 ? floatBytes : halfBytes) : 0; // bytes per token
  const layerBytes = tokens * (Math.max(elements, scores) * floatBytes + mask);
  const logits = 5 * parallel * vocabulary * floatBytes; // the graph's, the context's, and the sampler's candidates of 12 bytes
  const widest = scores > elements ? `2 x ${heads} heads x ${cells} scores` : formula;
  return {
    bytes: layerBytes + logits,
    reservedBytes: Math.max(layerBytes, tokens * (vocabulary + 2 * width) * floatBytes) + parallel * vocabulary * floatBytes,
    derivation: `${tokens} tokens x (${widest}) x ${floatBytes} bytes${mask > 0 ? ` + their mask of ${cells} tokens` : ''} + 5 x ${vocabulary} logits x ${floatBytes} bytes${parallel > 1 ? ` x ${parallel}` : ''}`,
  };
}

/** Elements per token that are alive at once: around the feed-forward network, which is wider than the attention. */
function widestMoment(metadata: GgufMetadata, architecture: string, width: number): { elements: number; formula: string } {
  const number = (name: string) => metadataNumber(metadata, `${architecture}.${name}`);
  const most = (name: string) => Math.max(0, ...(metadataPerLayer(metadata, `${architecture}.${name}`, number('block_count') ?? 1) ?? []));
  const dense = most('feed_forward_length');
  const inner = number('ssm.inner_size') ?? 0;
  const used = most('expert_used_count');
  const expert = most('expert_feed_forward_length') || dense;
  const moments = [
    // gate, up and their product, and a quarter of that again, quantized, for the matrix product that follows
    { elements: 3.25 * dense + 4 * width, formula: `3.25 x ${dense} + 4 x ${width}` },
    { elements: 5 * inner + 4 * width, formula: `5 x ${inner} + 4 x ${width}` },
    ...(used === 0
      ? []
      : [
          { elements: 3.25 * used * expert + 4 * width, formula: `3.25 x ${used} experts x ${expert} + 4 x ${width}` },
          { elements: used * (expert + 2 * width) + 2 * width, formula: `${used} experts x (${expert} + 2 x ${width}) + 2 x ${width}` },
        ]),
  ];
  return moments.reduce((best, moment) => (moment.elements > best.elements ? moment : best));
}

/** Node and llama.cpp before any model: resident memory, measured on Linux x64. */
const runtimeBytes = 131_000_000;
/** A token and a merge in llama.cpp's tables and in JavaScript: measured with 32,000 to 256,000 of each. */
const tokenBytes = 560;
const mergeBytes = 410;

/** The vocabulary in memory. */
export function vocabularyNeed(metadata: GgufMetadata): MemoryNeed {
  const tokens = vocabularySize(metadata);
  const merges = listLength(metadata['tokenizer.ggml.merges']) ?? 0;
  return {
    bytes: tokens * tokenBytes + merges * mergeBytes,
    derivation: `${tokens} tokens x ${tokenBytes} bytes${merges > 0 ? ` + ${merges} merges x ${mergeBytes} bytes` : ''}`,
  };
}

/**
 * What a process that runs the model has resident at its peak, part by part. Weights count in full although they may be mapped from
 * their file: the system could drop them, and every token would wait for the disk.
 */
export function memoryParts(weights: MemoryNeed, metadata: GgufMetadata, settings: MemorySettings): MemoryPart[] {
  const { bytes, derivation } = computeNeed(metadata, settings);
  return [
    { name: 'runtime', bytes: runtimeBytes, derivation: 'Node and llama.cpp, measured' },
    { name: 'vocabulary', ...vocabularyNeed(metadata) },
    { name: 'weights', ...weights },
    { name: 'KV cache', ...kvCacheNeed(metadata, settings) },
    { name: 'activations', bytes, derivation },
  ];
}

function padded(tokens: number): number {
  return Math.ceil(tokens / cellStep) * cellStep;
}

/** Entries of the vocabulary. */
export function vocabularySize(metadata: GgufMetadata): number {
  const architecture = metadataText(metadata, 'general.architecture') ?? '';
  return metadataNumber(metadata, `${architecture}.vocab_size`) ?? listLength(metadata['tokenizer.ggml.tokens']) ?? 32_000;
}

/** Length of a list: the list itself, or its length where a reader gives only that. */
function listLength(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null && 'length' in value && typeof value.length === 'number') return value.length;
  return typeof value === 'number' ? value : undefined;
}
