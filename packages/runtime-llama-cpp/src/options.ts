import type { LoadProgress } from '@llmi/core';
import type { AdapterChoice, AdapterOption } from './adapters.js';
import type { Steering } from './generation/run.js';
import type { OutputGrammar } from './grammar/output-grammar.js';
import type { KvCacheType } from './kv-cache.js';
import type { SamplingOptions } from './sampling.js';

export interface LlamaLoadOptions {
  /** Tokens that each request can use, prompt and answer; default: what the model was made for, at most 4096, less where memory is short. */
  contextSize?: number;
  /** Requests that are worked on at the same time, each with a context of its own; more wait their turn. Default 1. */
  parallel?: number;
  /**
   * Compute threads; default 1. More are faster only in a process that was started with UV_THREADPOOL_SIZE=1, where libuv's pool
   * does not compete with them for the cores.
   */
  threads?: number;
  /** Uses fewer threads than `threads` while other processes keep the cores busy: waiting for a thread that has no core costs more than it brings. Default true. */
  adaptThreads?: boolean;
  /** auto (default), cpu, cuda, vulkan or metal. */
  device?: string;
  /** Layers to keep on the GPU; default: as many as fit. */
  gpuLayers?: number;
  /** LoRA adapters as GGUF files. Requests choose among them by the names of their files. */
  loras?: readonly AdapterOption[];
  /** How keys and values are kept: f16 (default) is exact for most models, q8_0 takes half of its memory. */
  kvCacheType?: KvCacheType;
  /** A smaller model with the same vocabulary that guesses ahead; every guess is checked. */
  draft?: string;
  /** Guesses ahead from what prompt and answer said before; every guess is checked. Default false. */
  promptLookup?: boolean;
  /** Memory that the model may take; default: what is free. */
  memoryLimitBytes?: number;
  signal?: AbortSignal;
  onProgress?: (progress: LoadProgress) => void;
}

export interface LlamaGenerateOptions {
  sampling?: SamplingOptions;
  /** Default and upper bound: up to the end of the context, unless that may be shifted. */
  maxTokens?: number;
  /** Measure log probabilities, with this many alternatives per token. */
  logprobs?: number;
  /** Shape that the answer is held to; a function is asked before each token. */
  grammar?: OutputGrammar | (() => OutputGrammar | undefined);
  /** Adapters of this request, by name; default: all, as they were loaded. */
  loras?: AdapterChoice;
  /** In a full context, drops a half of what comes after so many tokens, and goes on. Default: the answer ends there. */
  contextShift?: { keep: number };
  /** Sees each token before the next is asked for, and may say which ones come next instead. */
  steer?: Steering;
  signal?: AbortSignal;
}

/** The tokens and flags that prompts are built with. */
export interface SpecialTokens {
  bos: number | undefined;
  eos: number | undefined;
  bosText: string | undefined;
  eosText: string | undefined;
  /** The tokenizer puts `bos` before every text. */
  addsBos: boolean;
  /** Texts of the tokens that steer the model, such as `<|im_end|>`. */
  controlTexts: readonly string[];
}

export interface LlamaModelInfo {
  device: string;
  contextLength: number; // tokens of one request
  parallel: number;
  threads: number;
  gpuLayers: number;
  architecture: string;
  vocabularySize: number;
  /** Names of the adapters that requests can choose. */
  loras: readonly string[];
}
