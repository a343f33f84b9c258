import { LlmiError, type GenerateRequest } from '@llmi/core';
import type { TextTokenizer } from '@llmi/runtime-transformers';
import { tokenOf, type JanusConfig } from './janus-config.js';

/** What the model was trained with. Source: the conversation format "deepseek" of https://github.com/deepseek-ai/Janus */
const usualSystem =
  'You are a helpful language and vision assistant. You are able to understand the visual content that the user provides, and assist the user with a variety of tasks using natural language.';
const [user, assistant] = ['<|User|>', '<|Assistant|>'];
const endOfAnswer = '<｜end▁of▁sentence｜>';

/** A conversation as the model reads it, and its pictures in order: base64 or data URLs. */
export interface Conversation {
  text: string;
  pictures: { text: string; param: string }[];
}

/** A picture stands where its part is, with a line of its own, as the model's examples have it. */
export function conversationOf({ prompt, messages, system, image, images }: GenerateRequest, imageTag: string): Conversation {
  const pictures: Conversation['pictures'] = [...(image === undefined ? [] : [{ text: image, param: 'image' }]), ...(images ?? []).map((text, index) => ({ text, param: `images[${index}]` }))];
  const loose = `${imageTag}\n`.repeat(pictures.length);
  if (messages === undefined) return { text: `${system ?? usualSystem}\n\n${user}: ${loose}${plain(prompt ?? '', imageTag)}\n\n${assistant}:`, pictures };
  const lastUser = messages.findLastIndex(({ role }) => role === 'user');
  const turns: string[] = [];
  let said = system;
  messages.forEach(({ role, content }, index) => {
    const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : (content ?? []);
    let text = index === lastUser ? loose : '';
    for (const [place, part] of parts.entries()) {
      if (part.type === 'text') text += plain(part.text, imageTag);
      else if (part.type === 'image_url') {
        pictures.push({ text: part.image_url.url, param: `messages[${index}].content[${place}].image_url` });
        text += `${imageTag}\n`;
      } else throw new LlmiError('INPUT_UNSUPPORTED', { message: `The model takes no ${part.type}.`, hint: 'Send text and image_url parts.', param: 'messages' });
    }
    if (role === 'system') said = text;
    else if (role === 'user') turns.push(`${user}: ${text}\n\n`);
    else if (role === 'assistant') turns.push(`${assistant}: ${text}${endOfAnswer}\n\n`);
    else throw new LlmiError('INPUT_UNSUPPORTED', { message: `The model knows no role "${role}".`, hint: 'Use system, user and assistant.', param: 'messages' });
  });
  return { text: `${said ?? usualSystem}\n\n${turns.join('')}${assistant}:`, pictures };
}

/** What somebody writes must not count as a picture, nor as the words of somebody else. */
function plain(text: string, imageTag: string): string {
  return [imageTag, user, assistant, endOfAnswer].reduce((rest, tag) => rest.replaceAll(tag, ''), text);
}

/** Tokens of a conversation; where a picture is, its start, a token for each of its parts, and its end. */
export function tokensOf(text: string, tokenizer: TextTokenizer, { imageTag, imageStart, imageEnd, imageTokens }: JanusConfig): number[] {
  const picture = [tokenOf(tokenizer, imageStart), ...new Array<number>(imageTokens).fill(tokenOf(tokenizer, imageTag)), tokenOf(tokenizer, imageEnd)];
  return text.split(imageTag).flatMap((part, index) => [...(index === 0 ? [] : picture), ...(part === '' ? [] : tokenizer.encode(part, { addSpecialTokens: false }))]);
}

/** The prompt of a picture that is to be made. */
export function paintingPrompt({ prompt, messages }: GenerateRequest, { imageStart, imageTag }: JanusConfig): string {
  const last = messages?.findLast(({ role }) => role === 'user')?.content;
  const asked = prompt ?? (typeof last === 'string' ? last : (last ?? []).map((part) => (part.type === 'text' ? part.text : '')).join(''));
  return `${user}: ${plain(asked.replaceAll(imageStart, ''), imageTag)}\n\n${assistant}:${imageStart}`;
}
