import { metadataNumber, metadataPerLayer, metadataText, type GgufMetadata } from './gguf-metadata.js';

/** What one layer keeps of the tokens it has seen. */
export interface LayerShape {
  /** Heads that keep keys and values; 0 where a layer keeps none. */
  kvHeads: number;
  /** Elements per token and head; without values where one latent vector serves as both. */
  keySize: number;
  valueSize: number;
  /** Tokens it sees; undefined for the whole context. */
  window?: number;
  /** Elements of a recurrent layer's state, however long the text. */
  stateElements: number;
}

interface SlidingPattern {
  /** Every n-th layer sees the whole context: the last of n, or with `fullFirst` the first. Infinity: none does. */
  every: number;
  fullFirst?: boolean;
  /** The window where the file names none. */
  window?: number;
}

/**
 * Models with sliding windows, as llama.cpp runs them. A file that lists its layers itself comes before this. Others with a window in
 * their file are run with the whole context: Mistral (llama), Qwen 2, Phi-3.
 * Source: load_swa_pattern in https://github.com/ggml-org/llama.cpp/tree/master/src/models
 */
const slidingPatterns: Record<string, SlidingPattern> = {
  gemma2: { every: 2, window: 4096 },
  gemma3: { every: 6 },
  gemma3n: { every: 5 },
  cohere2: { every: 4 },
  cohere2moe: { every: 4, fullFirst: true },
  exaone4: { every: 4, window: 4096 },
  'exaone-moe': { every: 4, window: 128 },
  llama4: { every: 4, window: 8192 },
  olmo2: { every: 4 },
  plamo3: { every: 8 },
  smallthinker: { every: 4, fullFirst: true },
  'gpt-oss': { every: 2 },
  afmoe: { every: 4 },
  mellum: { every: 4 },
  lfm2: { every: Infinity },
};

/** The one size of EXAONE 4 whose layers slide. */
const slidingExaoneLayers = 64;

/** Architectures in which every layer is recurrent. Source: llm_arch_is_recurrent in llama-arch.cpp */
const recurrent = new Set(['mamba', 'mamba2', 'rwkv6', 'rwkv6qwen2', 'rwkv7', 'arwkv7']);

/** One layer in this many has attention, in hybrids whose file does not say it. */
const attentionInterval: Record<string, number> = { qwen3next: 4, qwen35: 4, qwen35moe: 4 };

/** Layers of Gemma 3n with keys and values of their own; the others share theirs. */
const gemma3nKvLayers = 20;

/** The layers of a model that take part in generating, from the metadata of its GGUF file. */
export function layerShapes(metadata: GgufMetadata): LayerShape[] {
  const architecture = metadataText(metadata, 'general.architecture') ?? '';
  const number = (name: string) => metadataNumber(metadata, `${architecture}.${name}`);
  const total = number('block_count') ?? 0;
  const layers = Math.max(0, total - (number('nextn_predict_layers') ?? 0)); // the last ones only draft tokens
  const list = (name: string) => metadataPerLayer(metadata, `${architecture}.${name}`, total);
  const heads = list('attention.head_count') ?? [];
  const kvHeads = list('attention.head_count_kv') ?? heads;
  const firstHeads = heads.find((count) => count > 0) ?? 0;
  const headSize = firstHeads > 0 ? Math.floor((number('embedding_length') ?? 0) / firstHeads) : 0;
  const [keySize, valueSize] = [number('attention.key_length') ?? headSize, number('attention.value_length') ?? headSize];
  const compressed = number('attention.key_length_mla') !== undefined; // multi-head latent attention
  const indexer = number('attention.indexer.key_length') ?? 0; // sparse attention keeps the keys of its indexer besides
  const windows = slidingWindows(metadata, architecture, total);
  const withKv = kvLayerCount(architecture, total, number('attention.shared_kv_layers'));
  const isRecurrent = recurrentLayers(metadata, architecture, kvHeads, total);
  const state = stateElements(number);
  return Array.from({ length: layers }, (_, layer) => {
    const window = windows[layer];
    const hasKv = layer < withKv && attends(architecture, isRecurrent[layer] === true);
    const key = window === undefined ? keySize : (number('attention.key_length_swa') ?? keySize);
    const value = window === undefined ? valueSize : (number('attention.value_length_swa') ?? valueSize);
    return {
      kvHeads: hasKv ? (kvHeads[layer] ?? 0) : 0,
      keySize: key + indexer,
      valueSize: compressed ? 0 : value,
      ...(window === undefined ? {} : { window }),
      stateElements: isRecurrent[layer] ? state : 0,
    };
  });
}

/** By layer: its window in tokens, undefined where it sees everything. */
function slidingWindows(metadata: GgufMetadata, architecture: string, layers: number): (number | undefined)[] {
  const known = slidingPatterns[architecture];
  const pattern = metadata[`${architecture}.attention.sliding_window_pattern`];
  const window = metadataNumber(metadata, `${architecture}.attention.sliding_window`) ?? known?.window ?? 0;
  if (window === 0 || architecture === 'phi3' || (architecture === 'exaone4' && layers !== slidingExaoneLayers)) return new Array<undefined>(layers);
  if (Array.isArray(pattern)) return Array.from({ length: layers }, (_, layer) => (pattern[layer] ? window : undefined));
  if (!known) return new Array<undefined>(layers);
  const every = typeof pattern === 'number' ? pattern : known.every;
  return Array.from({ length: layers }, (_, layer) => (layer % every === (known.fullFirst ? 0 : every - 1) ? undefined : window));
}

/** The first layers have keys and values; later ones may use those of earlier ones. */
function kvLayerCount(architecture: string, layers: number, shared: number | undefined): number {
  if (architecture === 'gemma3n') return Math.min(layers, gemma3nKvLayers);
  return layers - (shared ?? 0);
}

function attends(architecture: string, isRecurrent: boolean): boolean {
  return architecture === 'falcon-h1' || !isRecurrent; // Falcon-H1 has both in every layer
}

/** By layer: whether it keeps a state. In hybrids those are the layers without KV heads, or all but every n-th. */
function recurrentLayers(metadata: GgufMetadata, architecture: string, kvHeads: readonly number[], layers: number): boolean[] {
  const listed = metadata[`${architecture}.attention.recurrent_layers`];
  if (Array.isArray(listed)) return Array.from({ length: layers }, (_, layer) => Boolean(listed[layer]));
  if (recurrent.has(architecture) || architecture === 'falcon-h1') return new Array<boolean>(layers).fill(true);
  const interval = attentionInterval[architecture] === undefined ? undefined : (metadataNumber(metadata, `${architecture}.full_attention_interval`) ?? attentionInterval[architecture]);
  if (interval !== undefined) return Array.from({ length: layers }, (_, layer) => (layer + 1) % interval !== 0);
  const feedForward = metadataPerLayer(metadata, `${architecture}.feed_forward_length`, layers) ?? [];
  const isNemotron = architecture.startsWith('nemotron_h'); // there a layer is a state, an attention or a feed-forward network
  return Array.from({ length: layers }, (_, layer) => kvHeads[layer] === 0 && !(isNemotron && (feedForward[layer] ?? 0) > 0));
}

/** Source: llama_hparams::n_embd_r and n_embd_s in llama-hparams.cpp */
function stateElements(number: (name: string) => number | undefined): number {
  const width = number('embedding_length') ?? 0;
  const [inner, size, kernel, groups] = ['inner_size', 'state_size', 'conv_kernel', 'group_count'].map((name) => number(`ssm.${name}`) ?? 0) as [number, number, number, number];
  const wkv = number('wkv.head_size');
  if (wkv !== undefined) return width * ((number('token_shift_count') ?? 2) + wkv);
  const shortConvolution = number('shortconv.l_cache');
  if (shortConvolution !== undefined) return width * (shortConvolution - 1);
  const kda = number('kda.head_dim');
  if (kda !== undefined) return (number('attention.head_count') ?? 0) * kda * (3 * Math.max(0, kernel - 1) + kda);
  return Math.max(0, kernel - 1) * (inner + 2 * groups * size) + inner * size;
}

/** Without it the scores of every head are in memory. Source: flashAttentionSupported in node-llama-cpp's GgufInsights. */
export function hasFlashAttention(metadata: GgufMetadata, architecture: string): boolean {
  if (architecture === 'grok' || architecture === 'gemma2') return false;
  const number = (name: string) => metadataNumber(metadata, `${architecture}.attention.${name}`);
  const headSize = (metadataNumber(metadata, `${architecture}.embedding_length`) ?? 0) / (number('head_count') ?? 1);
  return (number('key_length') ?? headSize) === (number('value_length') ?? headSize);
}
