import type { FinishReason, Usage } from '@llmi/core';
import type { TextResult } from '../openai/reply-parts.js';
import { toolArguments } from '../../tool-arguments.js';
import type { AnthropicUsage, ContentBlock, MessageReply, StopReason } from './reply-schemas.js';

const stopReasons: Record<FinishReason, StopReason> = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use', content_filter: 'refusal' };

export function stopReasonOf(result: TextResult): StopReason {
  return stopReasons[result.finishReason ?? 'stop'];
}

export function usageOf({ promptTokens, completionTokens, cachedTokens = 0 }: Usage): AnthropicUsage {
  return { input_tokens: promptTokens - cachedTokens, cache_creation_input_tokens: 0, cache_read_input_tokens: cachedTokens, output_tokens: completionTokens };
}

/** A message before its first word. */
export function emptyMessage(id: string, model: string): MessageReply {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
  };
}

export function messageOf(id: string, model: string, result: TextResult, oneCall: boolean): MessageReply {
  return { ...emptyMessage(id, model), content: contentOf(result, oneCall), stop_reason: stopReasonOf(result), usage: usageOf(result.usage) };
}

function contentOf(result: TextResult, oneCall: boolean): ContentBlock[] {
  const { reasoning, toolCalls = [] } = result.type === 'text' ? result : {};
  return [
    ...(reasoning ? [{ type: 'thinking' as const, thinking: reasoning, signature: '' }] : []),
    ...(result.text === '' ? [] : [{ type: 'text' as const, text: result.text, citations: null }]),
    ...(oneCall ? toolCalls.slice(0, 1) : toolCalls).map((call) => ({ type: 'tool_use' as const, id: call.id, name: call.function.name, input: toolArguments(call) })),
  ];
}
