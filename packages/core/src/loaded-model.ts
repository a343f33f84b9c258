import type { GenerateEvent } from './generate-event.js';
import type { GenerateRequest } from './generate-request.js';

/** How far a load has come. */
export interface LoadProgress {
  stage: string; // tokenizer, weights, context ...
  fraction?: number; // 0 to 1 of the stage
}

/** How to load a model. Everything has a default that suits the machine. */
export interface LoadOptions {
  /** cuda, metal, vulkan, webgpu, coreml, cpu; default: `getOptimalDevice`. */
  device?: string;
  /** Data type of the weights where the files offer several: fp32, fp16, q8 ... */
  dtype?: string;
  /** Name of the quantization, where the folder holds several. */
  quantization?: string;
  /** Context length in tokens, for each of the `parallel` sequences. */
  contextSize?: number;
  /** Requests that the model works on at the same time. */
  parallel?: number;
  /** Compute threads; default: the cores that are really available. */
  threads?: number;
  /** Adapters to apply: paths of LoRA files, with their scales. */
  loras?: { path: string; scale?: number }[];
  /** Text models of GGUF files: how keys and values are kept, f16 (default), q8_0 for half of the memory, and others of llama.cpp. */
  kvCacheType?: string;
  /** Text models of GGUF files: path of a smaller model with the same vocabulary, which guesses ahead. Every guess is checked. */
  draft?: string;
  /** Text models of GGUF files: guess ahead from what prompt and answer said before. */
  promptLookup?: boolean;
  signal?: AbortSignal;
  onProgress?: (progress: LoadProgress) => void;
}

export interface GenerateOptions {
  signal?: AbortSignal;
}

/** What a loaded model says of itself. */
export interface LoadedModelInfo {
  device: string;
  dtype?: string;
  contextLength?: number; // tokens a single request can use
  parallel: number; // requests at the same time
  threads?: number;
}

/**
 * A model in memory. `generate` is the one way to use it; whatever it holds natively is freed by `[Symbol.asyncDispose]`, which
 * may be called twice. `generate` yields `done` once, last; an aborted call rejects with `signal.reason` within one step.
 */
export interface LoadedModel extends AsyncDisposable {
  readonly info: LoadedModelInfo;
  generate(request: GenerateRequest, options?: GenerateOptions): AsyncIterable<GenerateEvent>;
}
