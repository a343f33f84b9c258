import { LlmiError, type Message } from '@llmi/core';
import { contextExceeded, type LlamaModel } from '@llmi/runtime-llama-cpp';
import { chooseMark, SpecialsGuard, splitAtMarks, type PromptPiece } from './chat-template/guard-specials.js';
import { alpaca, plainTurns, type Layout } from './chat-template/layouts.js';
import { templateMessages, type TemplateMessage } from './chat-template/template-messages.js';
import { promptStyle } from './modes.js';
import type { TextOptions } from './options.js';
import type { TemplateRenderer } from './template-renderer.js';

/** A prompt as the model reads it. */
export interface Prompt {
  tokens: number[];
  /** Stop strings that the layout needs besides those of the request. */
  stop: readonly string[];
}

export interface PromptMaker {
  model: LlamaModel;
  renderer: TemplateRenderer | undefined;
  guard: SpecialsGuard;
}

/** Writes the prompt of a request and tokenizes it. @throws {LlmiError} TEMPLATE_FAILED, INPUT_UNSUPPORTED, INPUT_INVALID, CONTEXT_LENGTH_EXCEEDED */
export async function makePrompt(maker: PromptMaker, options: TextOptions): Promise<Prompt> {
  const { model, renderer } = maker;
  const style = promptStyle(options.mode, {
    hasMessages: options.messages !== undefined,
    hasSystem: options.system !== undefined,
    hasTemplate: renderer !== undefined,
  });
  if (style === 'complete') return { tokens: fit(model, withBos(model, model.tokenize(options.prompt!, { special: true })), options), stop: [] };
  const messages = templateMessages(conversation(options), renderer?.template ?? '');
  if (renderer) {
    const pieces = await render(maker, renderer, messages);
    return { tokens: fit(model, withBos(model, tokenizePieces(model, pieces)), options), stop: [] };
  }
  const layout: Layout = style === 'instruct' ? alpaca(messages) : plainTurns(messages);
  return { tokens: fit(model, withBos(model, model.tokenize(layout.text)), options), stop: layout.stop };
}

/** The messages of the request, or its prompt as one; the system text first. */
function conversation({ prompt, messages, system }: TextOptions): Message[] {
  const turns: readonly Message[] = messages ?? [{ role: 'user', content: prompt! }];
  return [...(system === undefined ? [] : [{ role: 'system' as const, content: system }]), ...turns];
}

/** The template's text in pieces: what it wrote itself, and what must stay plain text. */
async function render({ model, guard }: PromptMaker, renderer: TemplateRenderer, messages: TemplateMessage[]): Promise<PromptPiece[]> {
  const texts = messages.map(({ content }) => content);
  const mark = texts.some((text) => guard.finds(text)) ? chooseMark(texts) : undefined;
  const { bosText, eosText } = model.special;
  const rendered = await renderer.render({
    messages: mark === undefined ? messages : messages.map((message) => ({ ...message, content: guard.mark(message.content, mark) })),
    add_generation_prompt: true,
    tools: null, // as transformers passes them: defined, and none
    documents: null,
    ...(bosText === undefined ? {} : { bos_token: bosText }),
    ...(eosText === undefined ? {} : { eos_token: eosText }),
  });
  return splitAtMarks(rendered, mark);
}

function tokenizePieces(model: LlamaModel, pieces: readonly PromptPiece[]): number[] {
  return pieces.flatMap(({ text, literal }, index) => model.tokenize(text, { special: !literal, continues: index > 0 }));
}

/** Puts `bos` before the tokens where the tokenizer does and the template has not. */
function withBos({ special: { addsBos, bos } }: LlamaModel, tokens: number[]): number[] {
  return addsBos && bos !== undefined && tokens[0] !== bos ? [bos, ...tokens] : tokens;
}

/** An over-long prompt is refused, or cut at its beginning when the request says so; `bos` stays first. */
function fit(model: LlamaModel, tokens: number[], { truncate, maxTokens }: TextOptions): number[] {
  const { contextLength } = model.info;
  if (tokens.length < contextLength) {
    if (tokens.length > 0) return tokens;
    throw new LlmiError('INPUT_INVALID', { message: 'The prompt is empty: there is nothing to continue.', hint: 'Write at least one character.', param: 'prompt' });
  }
  if (!truncate) throw contextExceeded(tokens.length, contextLength);
  const answerTokens = Math.min(maxTokens, Math.ceil(contextLength / 4)); // a quarter of the context, unless less is wanted
  const room = contextLength - answerTokens;
  const { bos } = model.special;
  return bos !== undefined && tokens[0] === bos ? [bos, ...tokens.slice(tokens.length - room + 1)] : tokens.slice(tokens.length - room);
}
