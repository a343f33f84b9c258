import type { LanguageModelV4Content, LanguageModelV4FinishReason, LanguageModelV4Usage } from '@ai-sdk/provider';
import type { Answer, ToolCall, Usage } from '@llmi/client';

export type TextAnswer = Answer<'text' | 'multimodal_response'>;

const finishReasons = { stop: 'stop', length: 'length', tool_calls: 'tool-calls', content_filter: 'content-filter' } as const;

export function finishReasonOf({ finishReason = 'stop' }: TextAnswer): LanguageModelV4FinishReason {
  return { unified: finishReasons[finishReason], raw: finishReason };
}

export function usageOf({ promptTokens, completionTokens, cachedTokens, reasoningTokens }: Usage): LanguageModelV4Usage {
  return {
    inputTokens: { total: promptTokens, noCache: cachedTokens === undefined ? undefined : promptTokens - cachedTokens, cacheRead: cachedTokens, cacheWrite: undefined },
    outputTokens: { total: completionTokens, text: reasoningTokens === undefined ? undefined : completionTokens - reasoningTokens, reasoning: reasoningTokens },
  };
}

export function toolCallContent({ id, function: { name, arguments: input } }: ToolCall): Extract<LanguageModelV4Content, { type: 'tool-call' }> {
  return { type: 'tool-call', toolCallId: id, toolName: name, input };
}

/** Thoughts, text, calls: in the order in which a model gives them. */
export function contentOf(answer: TextAnswer): LanguageModelV4Content[] {
  const { reasoning, toolCalls = [] } = answer.type === 'text' ? answer : {};
  return [
    ...(reasoning ? [{ type: 'reasoning' as const, text: reasoning }] : []),
    ...(answer.text === '' ? [] : [{ type: 'text' as const, text: answer.text }]),
    ...toolCalls.map(toolCallContent),
  ];
}
