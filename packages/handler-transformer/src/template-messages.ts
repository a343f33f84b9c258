import { LlmiError, messageText, type Message } from '@llmi/core';

/** A message as chat templates know it. */
export interface TemplateMessage {
  role: string;
  /** null only for templates that ask for it. */
  content: string | null;
  [field: string]: unknown;
}

/**
 * Messages in the shape and with the names that templates use: snake_case, arguments of tool calls as objects or as JSON text, and
 * nothing or an empty text for what a calling assistant did not say.
 * @throws {LlmiError} INPUT_UNSUPPORTED for pictures or sound
 */
export function templateMessages(messages: readonly Message[], template: string): TemplateMessage[] {
  const asText = /arguments['"]?\]?\s*(?:\+|~|\}\})/.test(template) && !/arguments['"]?\]?\s+is\s/.test(template);
  const tellsNothing = /content['"]?\]?\s+is\s+(?:not\s+)?none/i.test(template);
  // gpt-oss calls it so; others know it by its usual name.
  const thinkingName = /\.thinking\b/.test(template) && !template.includes('reasoning_content') ? 'thinking' : 'reasoning_content';
  return messages.map((message, index) => {
    refuseMedia(message, index);
    const { role, name, reasoningContent, toolCalls, toolCallId } = message;
    return {
      // OpenAI's newer name for the same thing; only templates that know it get it.
      role: role === 'developer' && !template.includes('developer') ? 'system' : role,
      content: tellsNothing && message.content == null ? null : messageText(message),
      ...(name === undefined ? {} : { name }),
      ...(reasoningContent == null ? {} : { [thinkingName]: reasoningContent }),
      ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
      ...(toolCalls === undefined ? {} : { tool_calls: toolCalls.map((call) => ({ ...call, function: { ...call.function, arguments: asText ? call.function.arguments : parseArguments(call.function.arguments) } })) }),
    };
  });
}

function refuseMedia({ content }: Message, index: number): void {
  const part = Array.isArray(content) ? content.find(({ type }) => type !== 'text') : undefined;
  if (!part) return;
  throw new LlmiError('INPUT_UNSUPPORTED', {
    message: `This model reads text only; messages[${index}] has a part of type "${part.type}".`,
    hint: 'Leave it out, or use a multimodal model.',
    param: `messages[${index}].content`,
  });
}

function parseArguments(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
