import { freemem } from 'node:os';
import { LlmiError } from '@llmi/core';
import type { GgufMetadata } from './gguf-metadata.js';
import type { KvCacheType } from './kv-cache.js';
import { memoryError } from './load-errors.js';
import { computeNeed, kvCacheNeed, vocabularyNeed } from './memory-needs.js';

/** Long enough for a conversation, small enough for the memory of a laptop; a longer one is asked for. */
export const defaultContextSize = 4096;
/** Below this a chat hardly fits; a default is never reduced further. */
const smallestDefault = 512;
const contextStep = 256; // llama.cpp rounds contexts up to this

export interface ContextFacts {
  name: string;
  metadata: GgufMetadata;
  trainContextSize: number;
  parallel: number;
  kvCacheType?: KvCacheType;
  fileBytes: number;
  freeBytes: number;
}

/** Memory that can be had now, within the limits of a container. */
export function freeMemoryBytes(): number {
  return process.availableMemory?.() ?? freemem();
}

/** @throws {LlmiError} MEMORY_INSUFFICIENT when the weights alone do not fit */
export function checkFileFits(name: string, fileBytes: number, freeBytes: number): void {
  if (fileBytes > freeBytes) throw memoryError(name, fileBytes, freeBytes);
}

/**
 * The context to load with: the one asked for, or the default as far as memory allows.
 * @throws {LlmiError} INPUT_INVALID beyond what the model was made for, MEMORY_INSUFFICIENT
 */
export function chooseContextSize(requested: number | undefined, facts: ContextFacts): number {
  const { name, trainContextSize, freeBytes } = facts;
  if (requested !== undefined && requested > trainContextSize) {
    throw new LlmiError('INPUT_INVALID', {
      message: `${name} was made for a context of ${trainContextSize} tokens, not ${requested}.`,
      hint: `Load it with a context size of at most ${trainContextSize}.`,
      param: 'context_size',
    });
  }
  let size = requested ?? Math.min(trainContextSize, defaultContextSize);
  while (requested === undefined && size > smallestDefault && neededBytes(facts, size) > freeBytes) size = Math.max(smallestDefault, size - contextStep);
  const needed = neededBytes(facts, size);
  if (needed > freeBytes) throw memoryError(name, needed, freeBytes);
  return size;
}

function neededBytes({ metadata, parallel, kvCacheType, fileBytes }: ContextFacts, contextSize: number): number {
  const settings = { contextSize, parallel, kvCacheType };
  return fileBytes + vocabularyNeed(metadata).bytes + kvCacheNeed(metadata, settings).bytes + computeNeed(metadata, settings).bytes;
}
