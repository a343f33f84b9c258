import { acceptsSystem, chooseMark, type PromptPiece, SpecialsGuard, splitAtMarks, type TemplateRenderer } from '@llmi/chat-template';
import { LlmiError, type Message } from '@llmi/core';
import { contextExceeded } from '@llmi/runtime-llama-cpp';
import { alpaca, plainTurns, type Layout } from './layouts.js';
import { templateMessages, type TemplateMessage } from './template-messages.js';
import { promptStyle } from './modes.js';
import type { TextOptions } from './options.js';
import type { Dialect } from './output/dialect.js';
import { closeThinking, planReasoning, type ReasoningPlan } from './reasoning.js';
import type { TextEngine } from './text-engine.js';
import { describeTools, writesTools, type Tools } from './tools/describe-tools.js';

/** A prompt as the model reads it. */
export interface Prompt {
  tokens: number[];
  /** The end of its text: what the answer goes on from. */
  text: string;
  /** Stop strings that the layout needs besides those of the request. */
  stop: readonly string[];
  /** Undefined where the model is not spoken to in its template: then its answer is plain text. */
  reasoning: ReasoningPlan | undefined;
  /** Tokens that were cut off its beginning, where that was allowed. */
  truncatedTokens: number;
}

export interface PromptMaker {
  model: TextEngine;
  renderer: TemplateRenderer | undefined;
  guard: SpecialsGuard;
  dialect: Dialect;
}

/** Writes the prompt of a request and tokenizes it. @throws {LlmiError} TEMPLATE_FAILED, INPUT_UNSUPPORTED, INPUT_INVALID, CONTEXT_LENGTH_EXCEEDED */
export async function makePrompt(maker: PromptMaker, options: TextOptions): Promise<Prompt> {
  const { model, renderer, dialect } = maker;
  const style = promptStyle(options.mode, {
    hasMessages: options.messages !== undefined,
    hasSystem: options.system !== undefined || options.tools !== undefined,
    hasTemplate: renderer !== undefined,
  });
  if (style === 'complete') {
    planReasoning(options.reasoning, undefined, dialect);
    const text = options.prompt!;
    return { ...fit(model, withBos(model, model.tokenize(text, { special: true })), options), text, stop: [], reasoning: undefined };
  }
  const messages = templateMessages(conversation(options), renderer?.template ?? '');
  const reasoning = planReasoning(options.reasoning, renderer?.template, dialect);
  if (renderer) {
    const pieces = await render(maker, renderer, messages, options.tools, reasoning);
    const text = pieces.at(-1)?.text ?? '';
    return { ...fit(model, withBos(model, tokenizePieces(model, pieces)), options), text, stop: [], reasoning };
  }
  const turns = options.tools ? describeTools(messages, options.tools, { takesSystem: true }) : messages;
  const layout: Layout = style === 'instruct' ? alpaca(turns) : plainTurns(turns);
  return { ...fit(model, withBos(model, model.tokenize(layout.text)), options), text: layout.text, stop: layout.stop, reasoning };
}

/** The messages of the request, or its prompt as one; the system text first. */
function conversation({ prompt, messages, system }: TextOptions): Message[] {
  const turns: readonly Message[] = messages ?? [{ role: 'user', content: prompt! }];
  return [...(system === undefined ? [] : [{ role: 'system' as const, content: system }]), ...turns];
}

/** The template's text in pieces: what it wrote itself, and what must stay plain text. */
async function render({ model, guard, dialect }: PromptMaker, renderer: TemplateRenderer, turns: TemplateMessage[], tools: Tools | undefined, reasoning: ReasoningPlan): Promise<PromptPiece[]> {
  const takesTools = writesTools(renderer.template);
  const given = { messages: tools && !takesTools ? describeTools(turns, tools, { takesSystem: acceptsSystem(renderer.template) }) : turns, tools: tools && takesTools ? tools : null };
  const mark = guard.findsIn(given) ? chooseMark(given) : undefined;
  const { messages, tools: described } = mark === undefined ? given : guard.markAll(given, mark);
  const { bosText, eosText } = model.special;
  const rendered = await renderer.render({
    messages,
    tools: described, // as transformers passes them: defined, and null for none
    documents: null,
    add_generation_prompt: true,
    ...(renderer.template.includes('xml_tools') && described ? { xml_tools: described } : {}), // SmolLM3's name for them
    ...(bosText === undefined ? {} : { bos_token: bosText }),
    ...(eosText === undefined ? {} : { eos_token: eosText }),
    ...reasoning.values,
  });
  const callsInChannels = dialect.isHarmony && tools !== undefined; // the answer's channel must stay open
  return splitAtMarks(reasoning.isOff && !callsInChannels ? rendered + closeThinking(rendered, dialect, reasoning) : rendered, mark);
}

function tokenizePieces(model: TextEngine, pieces: readonly PromptPiece[]): number[] {
  return pieces.flatMap(({ text, literal }, index) => model.tokenize(text, { special: !literal, continues: index > 0 }));
}

/** Puts `bos` before the tokens where the tokenizer does and the template has not. */
function withBos({ special: { addsBos, bos } }: TextEngine, tokens: number[]): number[] {
  return addsBos && bos !== undefined && tokens[0] !== bos ? [bos, ...tokens] : tokens;
}

/** An over-long prompt is refused, or cut at its beginning when the request says so; `bos` stays first. */
function fit(model: TextEngine, tokens: number[], { truncate, maxTokens }: TextOptions): { tokens: number[]; truncatedTokens: number } {
  const { contextLength } = model.info;
  if (tokens.length < contextLength) {
    if (tokens.length > 0) return { tokens, truncatedTokens: 0 };
    throw new LlmiError('INPUT_INVALID', { message: 'The prompt is empty: there is nothing to continue.', hint: 'Write at least one character.', param: 'prompt' });
  }
  if (!truncate) throw contextExceeded(tokens.length, contextLength);
  const answerTokens = Math.min(maxTokens, Math.ceil(contextLength / 4)); // a quarter of the context, unless less is wanted
  const room = contextLength - answerTokens;
  const { bos } = model.special;
  const kept = bos !== undefined && tokens[0] === bos ? [bos, ...tokens.slice(tokens.length - room + 1)] : tokens.slice(tokens.length - room);
  return { tokens: kept, truncatedTokens: tokens.length - kept.length };
}
