import type { ContentPart, GenerateRequest, Message } from '@llmi/core';
import { withoutUndefined } from '../../without-undefined.js';
import type { AnthropicMessage, Block, CountTokensRequest, MessagesRequest } from './request-schemas.js';

export function mapMessages(request: MessagesRequest): GenerateRequest {
  return withoutUndefined({
    ...mapAsked(request),
    maxTokens: request.max_tokens,
    temperature: request.temperature,
    topP: request.top_p,
    topK: request.top_k,
    stopSequences: request.stop_sequences,
  });
}

/**
 * The same prompt with the shortest answer there is: what it says of its prompt is the count, by the model's own tokenizer and
 * template, and the prompt is in the model's cache for the request that usually follows.
 */
export function mapCountTokens(request: CountTokensRequest): GenerateRequest {
  return { ...mapAsked(request), maxTokens: 1, temperature: 0 };
}

function mapAsked({ messages, system, tools, tool_choice: choice, thinking, output_config: output }: CountTokensRequest): GenerateRequest {
  const instructions = typeof system === 'string' ? system : system?.map(({ text }) => text).join('\n');
  return withoutUndefined<GenerateRequest>({
    mode: 'chat',
    messages: [...(instructions ? [{ role: 'system' as const, content: instructions }] : []), ...messages.flatMap(mapMessage)],
    tools: tools?.map(({ name, description, input_schema: parameters }) => ({ type: 'function', function: withoutUndefined({ name, description, parameters }) })),
    toolChoice: mapToolChoice(choice),
    reasoning: mapThinking(thinking, output?.effort),
    responseFormat: output?.format ? { type: 'json_schema', json_schema: { name: 'output', schema: output.format.schema } } : undefined,
  });
}

function mapToolChoice(choice: CountTokensRequest['tool_choice']): GenerateRequest['toolChoice'] {
  if (choice === undefined) return undefined;
  switch (choice.type) {
    case 'any':
      return 'required';
    case 'tool':
      return { type: 'function', function: { name: choice.name } };
    default:
      return choice.type;
  }
}

function mapThinking(thinking: CountTokensRequest['thinking'], effort: NonNullable<CountTokensRequest['output_config']>['effort']): GenerateRequest['reasoning'] {
  switch (thinking?.type) {
    case 'enabled':
      return thinking.budget_tokens;
    case 'disabled':
      return 'off';
    default:
      if (effort) return effort === 'low' || effort === 'medium' ? effort : 'high';
      return thinking === undefined ? undefined : 'auto';
  }
}

/** Results of tools are messages of their own, and come before what the user says to them. */
function mapMessage({ role, content }: AnthropicMessage): Message[] {
  if (typeof content === 'string') return [{ role, content }];
  return role === 'assistant' ? [assistantMessage(content)] : userMessages(content);
}

function assistantMessage(blocks: Block[]): Message {
  const toolCalls = blocks.flatMap((block) =>
    block.type === 'tool_use' ? [{ id: block.id, type: 'function' as const, function: { name: block.name, arguments: JSON.stringify(block.input) } }] : [],
  );
  const texts = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  const thoughts = blocks.flatMap((block) => (block.type === 'thinking' ? [block.thinking] : []));
  return withoutUndefined<Message>({
    role: 'assistant',
    content: texts.length > 0 ? texts.join('') : null,
    reasoningContent: thoughts.length > 0 ? thoughts.join('\n') : undefined,
    toolCalls: toolCalls.length > 0 ? toolCalls : undefined,
  });
}

function userMessages(blocks: Block[]): Message[] {
  const results = blocks.flatMap((block): Message[] =>
    block.type === 'tool_result' ? [{ role: 'tool', toolCallId: block.tool_use_id, content: typeof block.content === 'string' ? block.content : joined((block.content ?? []).flatMap(mapPart)) }] : [],
  );
  const parts = blocks.flatMap(mapPart);
  return parts.length === 0 ? results : [...results, { role: 'user', content: joined(parts) }];
}

function mapPart(block: Block): ContentPart[] {
  if (block.type === 'text') return [{ type: 'text', text: block.text }];
  if (block.type !== 'image') return [];
  const { source } = block;
  return [{ type: 'image_url', image_url: { url: source.type === 'url' ? source.url : `data:${source.media_type};base64,${source.data}` } }];
}

/** Text alone is sent as text: every template takes it. */
function joined(parts: ContentPart[]): Message['content'] {
  return parts.every((part) => part.type === 'text') ? parts.map((part) => part.text).join('\n') : parts;
}
