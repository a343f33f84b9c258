import type { ContentPart, GenerateRequest, Message } from '@llmi/core';
import { withoutUndefined } from '../../../without-undefined.js';
import { reasoningByEffort } from '../map-request.js';
import type { InputItem, InputPart, ResponseRequest } from './request-schema.js';

/** The conversation of a request: what was said before, then its own input. Instructions are not part of it. */
export function conversationOf({ input }: ResponseRequest, before: readonly Message[]): Message[] {
  const items: InputItem[] = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  return items.reduce((messages, item) => addItem(messages, item), [...before]);
}

export function mapResponse(request: ResponseRequest, conversation: Message[]): GenerateRequest {
  const { instructions, tools, tool_choice: choice, text, reasoning } = request;
  const format = text?.format;
  return withoutUndefined<GenerateRequest>({
    mode: 'chat',
    messages: instructions ? [{ role: 'system', content: instructions }, ...conversation] : conversation,
    maxTokens: request.max_output_tokens ?? undefined,
    temperature: request.temperature ?? undefined,
    topP: request.top_p ?? undefined,
    tools: tools?.map(({ name, description, parameters }) => ({
      type: 'function' as const,
      function: withoutUndefined({ name, description: description ?? undefined, parameters: parameters ?? undefined }),
    })),
    toolChoice: typeof choice === 'object' && choice !== null ? { type: 'function', function: { name: choice.name } } : (choice ?? undefined),
    responseFormat: format?.type === 'json_schema' ? { type: 'json_schema', json_schema: { name: format.name, schema: format.schema, strict: format.strict } } : (format ?? undefined),
    reasoning: reasoning?.effort ? reasoningByEffort[reasoning.effort] : undefined,
  });
}

/** Thoughts, words and calls of one turn are items here, and one message of the assistant in a chat. */
function addItem(messages: Message[], item: InputItem): Message[] {
  switch (item.type) {
    case 'function_call':
      return addToTurn(messages, (turn) => ({ ...turn, toolCalls: [...(turn.toolCalls ?? []), { id: item.call_id, type: 'function', function: { name: item.name, arguments: item.arguments } }] }));
    case 'reasoning': {
      const thoughts = [...(item.content ?? []), ...(item.summary ?? [])].map(({ text }) => text).join('\n');
      return thoughts === '' ? messages : addToTurn(messages, (turn) => ({ ...turn, reasoningContent: (turn.reasoningContent ?? '') + thoughts }));
    }
    case 'function_call_output':
      return [...messages, { role: 'tool', toolCallId: item.call_id, content: mapContent(item.output) }];
    default:
      if (item.role === 'assistant') return addToTurn(messages, (turn) => ({ ...turn, content: `${typeof turn.content === 'string' ? turn.content : ''}${plainText(item.content)}` }));
      return [...messages, { role: item.role, content: mapContent(item.content) }];
  }
}

function addToTurn(messages: Message[], change: (turn: Message) => Message): Message[] {
  const last = messages.at(-1);
  return last?.role === 'assistant' ? [...messages.slice(0, -1), change(last)] : [...messages, change({ role: 'assistant', content: null })];
}

function mapContent(content: string | InputPart[]): Message['content'] {
  if (typeof content === 'string') return content;
  return content.every((part) => part.type === 'input_text' || part.type === 'output_text') ? plainText(content) : content.map(mapPart);
}

function mapPart(part: InputPart): ContentPart {
  switch (part.type) {
    case 'input_image':
      return { type: 'image_url', image_url: { url: part.image_url } };
    case 'input_audio':
      return part;
    case 'refusal':
      return { type: 'text', text: part.refusal };
    default:
      return { type: 'text', text: part.text };
  }
}

function plainText(content: string | InputPart[]): string {
  if (typeof content === 'string') return content;
  return content.map((part) => ('text' in part ? part.text : 'refusal' in part ? part.refusal : '')).join('');
}
