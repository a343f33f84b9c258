import { randomBytes } from 'node:crypto';
import type { ToolCall } from '@llmi/core';
import type { OutputPart, OutputReader, WrittenCall } from './output/parts.js';
import type { TokenTexts } from './text-engine.js';

export interface AnswerSettings {
  decoder: TokenTexts;
  reader: OutputReader;
  /** Most tokens of thinking, and the tokens that end it. */
  budget?: { tokens: number; close: readonly number[] };
}

/** An answer while it comes: turns tokens into parts, and ends thinking that takes too long. */
export class Answer {
  reasoningTokens = 0;
  #parts: OutputPart[] = [];
  #isCut = false;

  constructor(private readonly settings: AnswerSettings) {}

  /** Sees each token before the next is asked for; returns the tokens that end the thinking when its budget is used up. */
  readonly steer = (token: number): readonly number[] | undefined => {
    const { decoder, reader, budget } = this.settings;
    if (reader.isReasoning) this.reasoningTokens++;
    const piece = decoder.push(token);
    if (piece !== '') this.#parts.push(...reader.push(piece));
    if (!budget || this.#isCut || !reader.isReasoning || this.reasoningTokens < budget.tokens) return undefined;
    this.#isCut = true;
    return budget.close;
  };

  /** What became clear since it was asked last. */
  take(): OutputPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  /** What is left when no token follows. */
  end(): OutputPart[] {
    const { decoder, reader } = this.settings;
    const rest = decoder.end();
    return [...this.take(), ...(rest === '' ? [] : reader.push(rest)), ...reader.end()];
  }
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A call with an id: its own where the format has one. `nine`: letters and digits, nine of them, as templates of Mistral insist. */
export function toToolCall({ name, arguments: args, id }: WrittenCall, style: 'nine' | undefined): ToolCall {
  const made = Array.from(randomBytes(style === 'nine' ? 9 : 24), (byte) => letters[byte % letters.length]).join('');
  return { id: id ?? (style === 'nine' ? made : `call_${made}`), type: 'function', function: { name, arguments: args } };
}
