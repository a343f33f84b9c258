export { contextExceeded, LlamaModel, type LlamaGenerateOptions, type LlamaLoadOptions, type LlamaModelInfo, type SpecialTokens } from './llama-model.js';
export { defaultContextSize } from './context-size.js';
export type { GeneratedToken, Generation } from './generation.js';
export type { OutputGrammar } from './grammar.js';
export { flattenMetadata, metadataNumber, metadataPerLayer, metadataText, type GgufMetadata } from './gguf-metadata.js';
export type { MeasuredToken, TokenLogprob } from './logprobs.js';
export { computeNeed, kvCacheNeed, type KvCacheNeed } from './memory-needs.js';
export type { SamplingOptions } from './sampling.js';
export type { TokenDecoder } from './vocabulary.js';
