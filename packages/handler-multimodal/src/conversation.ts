import { LlmiError, type GenerateRequest, type Message } from '@llmi/core';

/** A message as the templates of vision-language models know it. */
export interface TemplateMessage {
  role: string;
  content: string | ({ type: 'image' } | { type: 'text'; text: string })[];
}

export interface Conversation {
  messages: TemplateMessage[];
  /** In the order in which they stand in the text. */
  pictures: { text: string; param: string }[];
}

/**
 * The messages of a request; pictures beside a prompt, or beside messages, belong to the last message of the user, before its text.
 * @throws {LlmiError} INPUT_UNSUPPORTED for sound, tools and roles that such models do not know
 */
export function conversationOf(request: GenerateRequest): Conversation {
  const { prompt, messages = [{ role: 'user', content: prompt ?? '' } as Message], system, image, images } = request;
  const loose = [...(image === undefined ? [] : [{ text: image, param: 'image' }]), ...(images ?? []).map((text, index) => ({ text, param: `images[${index}]` }))];
  const turns: readonly Message[] = [...(system === undefined ? [] : [{ role: 'system' as const, content: system }]), ...messages];
  const lastUser = turns.findLastIndex(({ role }) => role === 'user');
  const pictures: Conversation['pictures'] = [];
  const shift = system === undefined ? 0 : 1;
  const rendered = turns.map(({ role, content }, index): TemplateMessage => {
    if (!['system', 'user', 'assistant'].includes(role)) throw new LlmiError('INPUT_UNSUPPORTED', { message: `The model knows no role "${role}".`, hint: 'Use system, user and assistant.', param: 'messages' });
    const own = index === lastUser ? loose : [];
    pictures.push(...own);
    const parts: Exclude<TemplateMessage['content'], string> = own.map(() => ({ type: 'image' }));
    for (const [place, part] of (typeof content === 'string' ? [{ type: 'text' as const, text: content }] : (content ?? [])).entries()) {
      if (part.type === 'text') parts.push({ type: 'text', text: part.text });
      else if (part.type === 'image_url') {
        pictures.push({ text: part.image_url.url, param: `messages[${index - shift}].content[${place}].image_url` });
        parts.push({ type: 'image' });
      } else throw new LlmiError('INPUT_UNSUPPORTED', { message: `The model takes no ${part.type}.`, hint: 'Send text and image_url parts.', param: `messages[${index - shift}].content[${place}]` });
    }
    const [only] = parts;
    return { role, content: parts.length === 1 && only!.type === 'text' ? [{ type: 'text', text: only!.text }] : parts };
  });
  return { messages: rendered, pictures };
}

/** For a template that knows texts alone: a picture is its tag, on a line of its own. */
export function asTexts(messages: readonly TemplateMessage[], imageTag: string): { role: string; content: string }[] {
  return messages.map(({ role, content }) => ({ role, content: typeof content === 'string' ? content : content.map((part) => (part.type === 'image' ? `${imageTag}\n` : part.text)).join('') }));
}
