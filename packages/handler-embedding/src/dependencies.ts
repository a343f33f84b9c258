import type { Dependency, ModelInfo } from '@llmi/core';
import { isGguf } from './gguf/gguf-files.js';

const range = '^0.1.0';

/** What a model in GGUF format needs beyond the handler's own dependencies. */
export function ggufDependencies(model: ModelInfo): Dependency[] {
  return isGguf(model) ? [{ name: '@llmi/runtime-llama-cpp', range, reason: 'It runs models in GGUF format.' }] : [];
}

/** What a model that looks at pictures needs. */
export function pictureDependencies(): Dependency[] {
  return [{ name: '@llmi/media', range, reason: 'It decodes and resizes pictures.' }];
}
