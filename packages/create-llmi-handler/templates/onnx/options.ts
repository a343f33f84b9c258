import type { GenerateRequest, InferenceParams, ModelCapabilities, Validation } from '@llmi/core';

/** Where a request says nothing. */
export const defaults: InferenceParams = {};

export const capabilities: Partial<ModelCapabilities> = { inputModalities: ['tensor'], outputModalities: ['tensor'] };

/** Refuses what this model would not understand. Unknown fields, modes and tasks are refused before. */
export function checkRequest({ tensors }: GenerateRequest): Validation {
  if (tensors === undefined) return { ok: false, error: 'Tensors are needed.', hint: 'Send "tensors": the inputs of the graph by name.', param: 'tensors', code: 'INPUT_INVALID' };
  const textual = Object.keys(tensors).find((name) => typeof tensors[name]!.data === 'string' || tensors[name]!.dtype !== 'float32');
  if (textual === undefined) return { ok: true };
  return { ok: false, error: `Input "${textual}" is not a list of float32 numbers.`, hint: 'Send its numbers, and "dtype": "float32".', param: 'tensors', code: 'INPUT_INVALID' };
}
