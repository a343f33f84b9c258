import { metadataNumber, metadataPerLayer, metadataText, type GgufMetadata } from './gguf-metadata.js';

/** Tokens that are evaluated at once: llama.cpp's default. */
export const batchTokens = 512;
const halfBytes = 2; // keys and values are kept as float16
const floatBytes = 4;

/**
 * Every n-th layer sees the whole context, the others a sliding window, in models whose files do not say so themselves.
 * Source: set_swa_pattern in https://github.com/ggml-org/llama.cpp/tree/master/src/models
 */
const fullAttentionEvery: Record<string, number> = { gemma2: 2, gemma3: 6, gemma3n: 5, cohere2: 4, exaone4: 4, 'gpt-oss': 2 };

/** Memory for keys and values (or for the state of a recurrent model), and the arithmetic behind it. */
export interface KvCacheNeed {
  bytes: number;
  derivation: string;
}

/** Size of the KV cache of one sequence of `contextSize` tokens, from the metadata of a GGUF file. */
export function kvCacheNeed(metadata: GgufMetadata, contextSize: number): KvCacheNeed {
  const architecture = metadataText(metadata, 'general.architecture') ?? '';
  const key = (name: string) => `${architecture}.${name}`;
  const layers = metadataNumber(metadata, key('block_count')) ?? 0;
  const state = recurrentState(metadata, architecture, layers);
  const heads = metadataNumber(metadata, key('attention.head_count')) ?? metadataPerLayer(metadata, key('attention.head_count'), layers)?.find((count) => count > 0) ?? 0;
  if (heads === 0) return state ?? { bytes: 0, derivation: 'this architecture keeps no keys and values' };
  const kvHeads = metadataPerLayer(metadata, key('attention.head_count_kv'), layers) ?? new Array<number>(layers).fill(heads);
  const headSize = Math.floor((metadataNumber(metadata, key('embedding_length')) ?? 0) / heads);
  const keySize = metadataNumber(metadata, key('attention.key_length')) ?? headSize;
  const valueSize = metadataNumber(metadata, key('attention.value_length')) ?? headSize;
  const window = metadataNumber(metadata, key('attention.sliding_window')) ?? 0;
  const windowTokens = window > 0 ? Math.min(contextSize, window + batchTokens) : contextSize;
  const slides = slidingLayers(metadata, architecture, layers);
  const tokens = kvHeads.map((count, layer) => count * (slides[layer] ? windowTokens : contextSize)); // heads x tokens
  const bytes = tokens.reduce((sum, count) => sum + count, 0) * (keySize + valueSize) * halfBytes + (state?.bytes ?? 0);
  const sliding = slides.filter(Boolean).length;
  const distinct = [...new Set(kvHeads)];
  const counts = distinct.length === 1 ? `${distinct[0]}` : `${Math.min(...distinct)} to ${Math.max(...distinct)}`;
  const size = keySize === valueSize ? `2 x ${layers} layers x ${counts} KV heads x ${keySize}` : `${layers} layers x ${counts} KV heads x (${keySize} + ${valueSize})`;
  const span = sliding > 0 && windowTokens < contextSize ? `${contextSize} tokens (${windowTokens} in ${sliding} layers with a sliding window)` : `${contextSize} tokens`;
  return { bytes, derivation: `${size} x ${span} x ${halfBytes} bytes${state ? ` + ${state.derivation}` : ''}` };
}

/** Memory for the intermediate values of one batch: the logits of every token, and the widest layers. */
export function computeNeed(metadata: GgufMetadata, contextSize: number): KvCacheNeed {
  const architecture = metadataText(metadata, 'general.architecture') ?? '';
  const number = (name: string) => metadataNumber(metadata, `${architecture}.${name}`);
  const tokens = Math.min(batchTokens, contextSize);
  const vocabulary = number('vocab_size') ?? vocabularySize(metadata) ?? 32_000;
  const embedding = number('embedding_length') ?? 0;
  const feedForward = Math.max(0, ...(metadataPerLayer(metadata, `${architecture}.feed_forward_length`, number('block_count') ?? 1) ?? [4 * embedding]));
  const bytes = tokens * (vocabulary + 4 * embedding + 3 * feedForward) * floatBytes;
  return { bytes, derivation: `${tokens} tokens x (${vocabulary} logits + 4 x ${embedding} + 3 x ${feedForward}) x ${floatBytes} bytes` };
}

/** Entries of the vocabulary: the list itself, or its length where a reader gives only that. */
function vocabularySize(metadata: GgufMetadata): number | undefined {
  const tokens = metadata['tokenizer.ggml.tokens'];
  if (Array.isArray(tokens)) return tokens.length;
  if (typeof tokens === 'object' && tokens !== null && 'length' in tokens && typeof tokens.length === 'number') return tokens.length;
  return typeof tokens === 'number' ? tokens : undefined;
}

/** By layer: whether it sees only a window of the context. */
function slidingLayers(metadata: GgufMetadata, architecture: string, layers: number): boolean[] {
  const pattern = metadata[`${architecture}.attention.sliding_window_pattern`];
  if (Array.isArray(pattern)) return Array.from({ length: layers }, (_, layer) => Boolean(pattern[layer]));
  const every = typeof pattern === 'number' ? pattern : fullAttentionEvery[architecture];
  return Array.from({ length: layers }, (_, layer) => every !== undefined && (layer + 1) % every !== 0);
}

/** The state of a state-space model: independent of the context. */
function recurrentState(metadata: GgufMetadata, architecture: string, layers: number): KvCacheNeed | undefined {
  const number = (name: string) => metadataNumber(metadata, `${architecture}.ssm.${name}`);
  const [inner, state, kernel] = [number('inner_size'), number('state_size'), number('conv_kernel')];
  if (inner === undefined || state === undefined || kernel === undefined) return undefined;
  return {
    bytes: layers * inner * (state + kernel - 1) * floatBytes,
    derivation: `${layers} layers x ${inner} x (${state} + ${kernel} - 1) x ${floatBytes} bytes of state`,
  };
}
