import type { SpecialTokens } from './frame.js';
import type { TextToken, TextTokenizer } from './text-tokenizer.js';

/** A token as a graph takes it: `sequence` says which of two texts it is from, undefined for special tokens around them. */
export interface LaidOutToken extends TextToken {
  type: number;
  sequence: 0 | 1 | undefined;
}

/** Tokens with the special ones around them. */
export interface Encoding {
  tokens: LaidOutToken[];
  /** Tokens the input has uncut. */
  fullLength: number;
}

export interface CutOptions {
  /** Tokens that there is room for, special ones counted. */
  maxTokens?: number;
  /** Which of two texts gives way: the longer one unless said, or always one of them. */
  cut?: 'longest' | 'first' | 'second';
}

/** One text, cut to the room there is; special tokens are kept, as Python does. */
export function layOut(tokenizer: TextTokenizer, text: string, { maxTokens = Infinity }: CutOptions = {}): Encoding {
  const { before, after, type } = tokenizer.frame;
  const content = tokenizer.content(text);
  const added = before.ids.length + after.ids.length;
  const kept = cutTo(tokenizer, content, Math.max(0, maxTokens - added));
  return { tokens: [...specials(before), ...laid(kept, type, 0), ...specials(after)], fullLength: content.length + added };
}

/** Two texts that are read together, cut to the room there is. */
export function layOutPair(tokenizer: TextTokenizer, first: string, second: string, { maxTokens = Infinity, cut = 'longest' }: CutOptions = {}): Encoding {
  return layOutContents(tokenizer, tokenizer.content(first), tokenizer.content(second), { maxTokens, cut });
}

export function layOutContents(tokenizer: TextTokenizer, first: TextToken[], second: TextToken[], { maxTokens = Infinity, cut = 'longest' }: CutOptions = {}): Encoding {
  const { before, between, after, type, secondType } = pairFrameOf(tokenizer);
  const added = before.ids.length + between.ids.length + after.ids.length;
  const room = Math.max(0, maxTokens - added);
  const [firstCount, secondCount] = roomFor(first.length, second.length, room, cut);
  return {
    tokens: [
      ...specials(before),
      ...laid(cutTo(tokenizer, first, firstCount), type, 0),
      ...specials(between),
      ...laid(cutTo(tokenizer, second, secondCount), secondType, 1),
      ...specials(after),
    ],
    fullLength: first.length + second.length + added,
  };
}

/** Tokens that are put around two texts, in all. */
export function pairOverhead(tokenizer: TextTokenizer): number {
  const { before, between, after } = pairFrameOf(tokenizer);
  return before.ids.length + between.ids.length + after.ids.length;
}

/** A tokenizer that puts nothing around texts puts nothing between them either. */
function pairFrameOf({ pairFrame, frame }: TextTokenizer) {
  return pairFrame ?? { before: frame.before, between: { ids: [], types: [] }, after: frame.after, type: frame.type, secondType: frame.type };
}

function cutTo(tokenizer: TextTokenizer, tokens: TextToken[], count: number): TextToken[] {
  if (tokens.length <= count) return tokens;
  return tokenizer.cutsAtStart ? tokens.slice(tokens.length - count) : tokens.slice(0, count);
}

function laid(tokens: readonly TextToken[], type: number, sequence: 0 | 1): LaidOutToken[] {
  return tokens.map((token) => ({ ...token, type, sequence }));
}

function specials({ ids, types }: SpecialTokens): LaidOutToken[] {
  return ids.map((id, index) => ({ id, start: 0, end: 0, word: undefined, type: types[index]!, sequence: undefined }));
}

/** How much of two texts fits into `room`. Source: truncate_encodings of huggingface/tokenizers, tokenizers/src/utils/truncation.rs */
function roomFor(first: number, second: number, room: number, cut: CutOptions['cut']): [number, number] {
  if (first + second <= room) return [first, second];
  if (cut === 'first') return [Math.max(0, room - second), second];
  if (cut === 'second') return [first, Math.max(0, room - first)];
  const shorter = Math.min(first, second);
  const longer = shorter > room ? shorter : Math.max(shorter, room - shorter);
  const counts = shorter + longer > room ? [Math.floor(room / 2), Math.floor(room / 2) + (room % 2)] : [shorter, longer];
  return first > second ? [counts[1]!, counts[0]!] : [counts[0]!, counts[1]!];
}
