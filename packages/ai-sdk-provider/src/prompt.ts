import { UnsupportedFunctionalityError, type LanguageModelV4FilePart, type LanguageModelV4Message, type LanguageModelV4Prompt, type LanguageModelV4ToolResultOutput } from '@ai-sdk/provider';
import type { Message } from '@llmi/client';
import { toBase64 } from './base64.js';

type Part = Exclude<NonNullable<Message['content']>, string>[number];

/** A conversation of the AI SDK as llmi's. @throws {UnsupportedFunctionalityError} for a file that is no picture, sound or text */
export function messagesOf(prompt: LanguageModelV4Prompt): Message[] {
  return prompt.flatMap(messagesFrom);
}

function messagesFrom(message: LanguageModelV4Message): Message[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: message.content }];
    case 'user': {
      const parts = message.content.map((part): Part => (part.type === 'text' ? { type: 'text', text: part.text } : filePart(part)));
      return [{ role: 'user', content: parts.every((part) => part.type === 'text') ? parts.map(({ text }) => text).join('') : parts }];
    }
    case 'assistant':
      return [assistantMessage(message.content)];
    case 'tool':
      return message.content.flatMap((part): Message[] => (part.type === 'tool-result' ? [{ role: 'tool', toolCallId: part.toolCallId, content: outputText(part.output) }] : []));
  }
}

function assistantMessage(content: Extract<LanguageModelV4Message, { role: 'assistant' }>['content']): Message {
  const textOf = (type: 'text' | 'reasoning') => content.map((part) => (part.type === type ? part.text : '')).join('');
  const toolCalls = content.flatMap((part) =>
    part.type === 'tool-call' ? [{ id: part.toolCallId, type: 'function' as const, function: { name: part.toolName, arguments: JSON.stringify(part.input) } }] : [],
  );
  const reasoningContent = textOf('reasoning');
  return { role: 'assistant', content: textOf('text'), ...(reasoningContent === '' ? {} : { reasoningContent }), ...(toolCalls.length === 0 ? {} : { toolCalls }) };
}

function filePart({ data, mediaType }: LanguageModelV4FilePart): Part {
  if (data.type === 'text') return { type: 'text', text: data.text };
  const [kind, subtype = '*'] = mediaType.split('/');
  if (data.type === 'data' && (kind === 'image' || kind === 'audio')) {
    const base64 = toBase64(data.data);
    if (kind === 'audio') return { type: 'input_audio', input_audio: { data: base64, format: subtype.replace('mpeg', 'mp3').replace('x-wav', 'wav') } };
    return { type: 'image_url', image_url: { url: `data:image/${subtype === '*' ? 'png' : subtype};base64,${base64}` } };
  }
  throw new UnsupportedFunctionalityError({ functionality: `a file of type ${mediaType} (${data.type})` });
}

/** What a tool gave, as the text that a model reads. */
function outputText(output: LanguageModelV4ToolResultOutput): string {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return output.value;
    case 'json':
    case 'error-json':
      return JSON.stringify(output.value);
    case 'execution-denied':
      return output.reason ?? 'The call was not allowed.';
    case 'content':
      return output.value.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('\n');
  }
}
