import { chooseMark, SpecialsGuard, splitAtMarks, type TemplateRenderer } from '@llmi/chat-template';
import { LlmiError, type GenerateRequest } from '@llmi/core';
import type { TextTokenizer } from '@llmi/runtime-transformers';
import { asTexts, conversationOf, type Conversation } from './conversation.js';
import type { MultimodalConfig } from './multimodal-config.js';

/** A prompt in tokens, each picture one of them still, and the pictures in order. */
export interface Prompt {
  text: string;
  tokens: number[];
  pictures: Conversation['pictures'];
}

/**
 * Writes a conversation in the model's template. What somebody writes that reads like a control token stays plain text.
 * @throws {LlmiError} TEMPLATE_FAILED, INPUT_UNSUPPORTED
 */
export async function makePrompt(request: GenerateRequest, config: MultimodalConfig, tokenizer: TextTokenizer, renderer: TemplateRenderer): Promise<Prompt> {
  const { messages: turns, pictures } = conversationOf(request);
  const { special, imageToken } = config;
  const given = takesParts(renderer.template) ? turns : asTexts(turns, imageToken.text);
  const guard = new SpecialsGuard(special.all);
  const mark = takesParts(renderer.template) && guard.findsIn(given) ? chooseMark(given) : undefined;
  const messages = mark === undefined ? given : guard.markAll(given, mark);
  const rendered = await renderer.render({
    messages,
    add_generation_prompt: true,
    ...(special.bos === undefined ? {} : { bos_token: special.bos }),
    ...(special.eos === undefined ? {} : { eos_token: special.eos }),
  });
  const pieces = splitAtMarks(rendered, mark);
  const ids = pieces.flatMap(({ text, literal }) => tokenizer.encode(text, { addSpecialTokens: false, special: !literal }));
  const { before } = tokenizer.frame;
  const hasStart = before.ids.length > 0 && ids[0] === before.ids[0]; // the template wrote it
  const tokens = hasStart ? ids : [...before.ids, ...ids];
  const places = tokens.filter((id) => id === imageToken.id).length;
  if (places !== pictures.length) {
    throw new LlmiError('TEMPLATE_FAILED', { message: `The model's chat template has a place for ${places} of ${pictures.length} pictures.`, hint: 'Send one picture, in the first message of the user.', param: 'images' });
  }
  return { text: pieces.map(({ text }) => text).join(''), tokens, pictures };
}

/** Templates of one kind go through the parts of a message, those of the other know texts alone. */
function takesParts(template: string): boolean {
  return /\.type|\[['"]type['"]\]|equalto['"]?,\s*['"]image|['"]type['"]/.test(template);
}

/** The tokens of a prompt, with those that each picture becomes in its place. */
export function expandPictures(tokens: readonly number[], imageToken: number, expanded: readonly (readonly number[])[]): number[] {
  let picture = 0;
  return tokens.flatMap((id) => (id === imageToken ? expanded[picture++]! : [id]));
}
