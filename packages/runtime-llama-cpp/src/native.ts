import type { LlamaContext, LlamaContextSequence } from 'node-llama-cpp';

/** Parts of node-llama-cpp that its types leave out. Checked with 3.22; a version that lacks one makes the feature unavailable, not wrong. */
interface ContextInternals {
  _setLoras?(adapters: readonly { filePath: string; scale: number }[]): Promise<void>;
  _idealThreads?: number;
  _freeReservedThreads?(): void;
}
interface SequenceInternals {
  _copyStateFromOtherSequence?(source: LlamaContextSequence, upToToken: number): Promise<boolean | undefined>;
}

/** A LoRA adapter as the library takes it. */
export interface NativeAdapter {
  filePath: string;
  scale: number;
}

/** Applies these adapters, and only these, to everything that the context evaluates from now on. Nothing may be running. */
export async function applyAdapters(context: LlamaContext, adapters: readonly NativeAdapter[]): Promise<void> {
  const { _setLoras: set } = context as unknown as ContextInternals;
  if (!set) throw new Error('this version of node-llama-cpp cannot change adapters');
  await set.call(context, adapters);
}

/** Compute threads from the next batch on. */
export function useThreads(context: LlamaContext, threads: number): void {
  const internals = context as unknown as ContextInternals;
  if (internals._idealThreads === undefined || internals._idealThreads === threads) return;
  internals._idealThreads = threads;
  internals._freeReservedThreads?.();
}

/**
 * Makes `target` hold the first `tokens` tokens of `source`, which may be in use: their keys and values are copied, not computed
 * again. Returns false where it cannot; then `target` is empty.
 */
export async function copyPrefix(target: LlamaContextSequence, source: LlamaContextSequence, tokens: number): Promise<boolean> {
  const copy = (target as unknown as SequenceInternals)._copyStateFromOtherSequence;
  if (!copy) return false;
  await target.clearHistory();
  if (await copy.call(target, source, tokens)) return true;
  await target.clearHistory();
  return false;
}
