import type { ContentPart, GenerateRequest, Message } from '@llmi/core';
import { withoutUndefined } from '../../without-undefined.js';
import type { OllamaChat, OllamaEmbed, OllamaGenerate, OllamaMessage, OllamaOptions } from './request-schemas.js';

export function mapChat(request: OllamaChat): GenerateRequest {
  const { messages = [], tools } = request;
  return withoutUndefined({ ...mapCommon(request), mode: 'chat', messages: messages!.map(mapMessage), tools: tools && tools.length > 0 ? tools : undefined });
}

/** A prompt is a chat of one message, in the model's template, unless it is raw. */
export function mapGenerate(request: OllamaGenerate): GenerateRequest {
  const { prompt, system, images, raw } = request;
  if (raw) return withoutUndefined({ ...mapCommon(request), mode: 'complete', prompt: prompt ?? '' });
  const user: Message = { role: 'user', content: mapContent(prompt ?? '', images) };
  return withoutUndefined({ ...mapCommon(request), mode: 'chat', messages: system ? [{ role: 'system', content: system }, user] : [user] });
}

/** Too long a text is cut unless the client says otherwise, as this API promises. */
export function mapEmbed({ input, truncate, dimensions }: OllamaEmbed): GenerateRequest {
  return withoutUndefined({ texts: typeof input === 'string' ? [input] : input, truncate: truncate ?? true, dimensions: dimensions ?? undefined });
}

function mapCommon({ options, format, think, logprobs, top_logprobs: top }: OllamaChat | OllamaGenerate): GenerateRequest {
  return {
    ...mapOptions(options ?? {}),
    responseFormat: mapFormat(format),
    reasoning: think === true ? 'on' : think === false ? 'off' : (think ?? undefined),
    logprobs: logprobs || top ? (top ?? 0) : undefined,
  };
}

function mapOptions(options: OllamaOptions): GenerateRequest {
  const { num_predict: length, seed, stop } = options;
  return {
    maxTokens: typeof length === 'number' && length > 0 ? length : undefined,
    temperature: options.temperature ?? undefined,
    topP: options.top_p ?? undefined,
    topK: options.top_k ?? undefined,
    minP: options.min_p ?? undefined,
    repetitionPenalty: options.repeat_penalty ?? undefined,
    presencePenalty: options.presence_penalty ?? undefined,
    frequencyPenalty: options.frequency_penalty ?? undefined,
    seed: typeof seed === 'number' && seed >= 0 ? seed : undefined,
    stopSequences: typeof stop === 'string' ? [stop] : (stop ?? undefined),
  };
}

function mapFormat(format: OllamaChat['format']): GenerateRequest['responseFormat'] {
  if (!format) return undefined;
  return format === 'json' ? { type: 'json_object' } : { type: 'json_schema', json_schema: { name: 'format', schema: format } };
}

function mapMessage(message: OllamaMessage, index: number): Message {
  const { role, content, thinking, images, tool_calls: calls, tool_call_id: callId, tool_name: toolName, name } = message;
  return withoutUndefined<Message>({
    role,
    content: mapContent(content ?? '', images),
    name: toolName ?? name ?? undefined,
    reasoningContent: thinking ?? undefined,
    // Clients of this API tell calls apart by their place; ours have an id.
    toolCalls: calls?.map(({ id, function: called }, place) => ({ id: id ?? `call_${index}_${place}`, type: 'function', function: { name: called.name, arguments: JSON.stringify(called.arguments) } })),
    toolCallId: callId ?? undefined,
  });
}

function mapContent(text: string, images: string[] | null | undefined): Message['content'] {
  if (!images || images.length === 0) return text;
  const parts = images.map((image): ContentPart => ({ type: 'image_url', image_url: { url: dataUrl(image) } }));
  return [...parts, { type: 'text', text }];
}

/** How the usual kinds of picture begin, in base64. */
const beginnings: [start: string, mimeType: string][] = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
];

function dataUrl(image: string): string {
  const mimeType = beginnings.find(([start]) => image.startsWith(start))?.[1];
  return mimeType === undefined ? image : `data:${mimeType};base64,${image}`;
}
