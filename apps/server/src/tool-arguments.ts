import type { ToolCall } from '@llmi/core';

/** The arguments of a call as an object. What is no JSON object, as of an answer cut short, comes as the text that the model wrote. */
export function toolArguments({ function: { arguments: text } }: ToolCall): Record<string, unknown> {
  if (text.trim() === '') return {};
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // told below
  }
  return { arguments: text };
}
