import type { GenerateRequest, InferenceParams, ModelCapabilities, Validation } from '@llmi/core';

/** Where a request says nothing. */
export const defaults: InferenceParams = { maxTokens: 20 };

export const capabilities: Partial<ModelCapabilities> = { supportsStreaming: true };

/** Refuses what this model would not understand. Unknown fields, modes and tasks are refused before. */
export function checkRequest({ prompt }: GenerateRequest): Validation {
  if (prompt !== undefined) return { ok: true };
  return { ok: false, error: 'A prompt is needed.', hint: 'Send a "prompt".', param: 'prompt', code: 'INPUT_INVALID' };
}
