import { LlmiError, type LoadOptions } from '@llmi/core';
import type { TextSettings } from './text-settings.js';

/** The model's limit, or what the caller wants within the encoder's positions. @throws {LlmiError} INPUT_INVALID */
export function chooseMaxTokens({ maxTokens, positionLimit }: Pick<TextSettings, 'maxTokens' | 'positionLimit'>, contextSize: number | undefined): number {
  if (contextSize === undefined) return maxTokens;
  if (contextSize <= (positionLimit ?? Infinity)) return contextSize;
  throw new LlmiError('INPUT_INVALID', {
    message: `This model has positions for ${positionLimit} tokens, not ${contextSize}.`,
    hint: `Load it with a context size of at most ${positionLimit}.`,
    param: 'context_size',
  });
}

/** @throws {LlmiError} INPUT_UNSUPPORTED */
export function refuseAdapters({ loras }: LoadOptions): void {
  if (!loras || loras.length === 0) return;
  throw new LlmiError('INPUT_UNSUPPORTED', {
    message: 'Adapters cannot be applied to an embedding model.',
    hint: 'Merge the adapter into the model, and export it to ONNX or GGUF.',
    param: 'loras',
  });
}
