import { LlmiError } from '@llmi/core';

export function invalid(param: string, message: string, hint: string): LlmiError {
  return new LlmiError('INPUT_INVALID', { message, hint, param });
}

/** A text that must be there and say something. */
export function requireText(value: string | undefined, param: string, hint: string): string {
  if (value !== undefined && value.trim() !== '') return value;
  throw invalid(param, value === undefined ? `"${param}" is missing.` : `"${param}" is empty.`, hint);
}
