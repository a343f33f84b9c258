import { LlmiError, messageText, type Message } from '@llmi/core';

/** A message as chat templates know it. */
export interface TemplateMessage {
  role: string;
  content: string;
  [field: string]: unknown;
}

/**
 * Messages in the shape and with the names that templates use (snake_case, arguments of tool calls as objects).
 * @throws {LlmiError} INPUT_UNSUPPORTED for pictures or sound
 */
export function templateMessages(messages: readonly Message[], template: string): TemplateMessage[] {
  return messages.map((message, index) => {
    refuseMedia(message, index);
    const { role, name, reasoningContent, toolCalls, toolCallId } = message;
    return {
      // OpenAI's newer name for the same thing; only templates that know it get it.
      role: role === 'developer' && !template.includes('developer') ? 'system' : role,
      content: messageText(message),
      ...(name === undefined ? {} : { name }),
      ...(reasoningContent == null ? {} : { reasoning_content: reasoningContent }),
      ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
      ...(toolCalls === undefined ? {} : { tool_calls: toolCalls.map((call) => ({ ...call, function: { ...call.function, arguments: parseArguments(call.function.arguments) } })) }),
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
