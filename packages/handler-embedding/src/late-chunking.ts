import type { EncodedText, TextTokenizer } from './tokenizer/text-tokenizer.js';

/** A piece of a text that gets a vector of its own. */
export interface TextChunk {
  /** Characters of the text: from `start` up to `end`. */
  start: number;
  end: number;
  ids: number[];
}

/** A part of a text's tokens that the encoder reads at once. */
export interface TokenWindow {
  encoded: EncodedText;
  /** Tokens of the text whose vectors are taken from this window: from `first` up to `last`. */
  first: number;
  last: number;
  /** Where the vector of token `first` is among the window's. */
  offset: number;
}

/** How much two windows have in common, as a share of a window: what lies at an edge has seen little of its surroundings. */
const overlapShare = 0.25;

const sentences = new Intl.Segmenter('en', { granularity: 'sentence' });

/**
 * Cuts a text into pieces of at most `chunkTokens` tokens: after a sentence where that is possible, else after a word. The space between
 * two pieces belongs to the second, so that the tokens of the pieces are those of the text.
 */
export function splitIntoChunks(tokenizer: TextTokenizer, text: string, chunkTokens: number): TextChunk[] {
  const chunks: TextChunk[] = [];
  for (const part of units(tokenizer, text, chunkTokens)) {
    const last = chunks.at(-1);
    if (last && last.ids.length + part.ids.length <= chunkTokens) Object.assign(last, { end: part.end, ids: [...last.ids, ...part.ids] });
    else chunks.push(part);
  }
  return chunks.length > 0 ? chunks : [{ start: 0, end: text.length, ids: [] }];
}

/** Sentences, and words of those that are too long, and parts of words that are. */
function* units(tokenizer: TextTokenizer, text: string, chunkTokens: number): Generator<TextChunk> {
  const whole = (start: number, end: number): TextChunk => ({ start, end, ids: tokenizer.content(text.slice(start, end)) });
  for (const [start, end] of withSpaceBefore(text, 0, Array.from(sentences.segment(text), ({ index }) => index))) {
    const sentence = whole(start, end);
    if (sentence.ids.length <= chunkTokens) {
      yield sentence;
      continue;
    }
    const words = Array.from(text.slice(start, end).matchAll(/\S+/g), ({ index }) => start + index);
    for (const [from, to] of withSpaceBefore(text.slice(0, end), start, words)) yield* halved(whole, text, from, to, chunkTokens);
  }
}

/** Ranges that begin at `starts`, each with the space before it instead of the space behind. */
function withSpaceBefore(text: string, first: number, starts: readonly number[]): [start: number, end: number][] {
  const cuts = starts.slice(1).map((start) => text.slice(0, start).trimEnd().length);
  const edges = [first, ...cuts.filter((cut, index) => cut > (cuts[index - 1] ?? first)), text.length];
  return edges.slice(1).map((end, index) => [edges[index]!, end]);
}

function* halved(whole: (start: number, end: number) => TextChunk, text: string, start: number, end: number, chunkTokens: number): Generator<TextChunk> {
  const chunk = whole(start, end);
  let middle = Math.floor((start + end) / 2);
  if (/[\uDC00-\uDFFF]/.test(text[middle] ?? '')) middle--; // not between the two halves of a character
  if (chunk.ids.length <= chunkTokens || middle <= start) {
    yield chunk;
    return;
  }
  yield* halved(whole, text, start, middle, chunkTokens);
  yield* halved(whole, text, middle, end, chunkTokens);
}

/**
 * What the encoder reads of a text of any length: all of it at once where it fits, else overlapping windows. Each begins with the
 * prompt and is framed by the special tokens; in an overlap the vectors of the window are taken whose edge is farther.
 */
export function makeWindows({ frame }: TextTokenizer, ids: readonly number[], promptIds: readonly number[], maxTokens: number): TokenWindow[] {
  const head = frame.before.length + promptIds.length;
  const room = Math.max(1, maxTokens - head - frame.after.length);
  const stride = Math.max(1, room - Math.floor(room * overlapShare));
  const starts = [0];
  while (starts.at(-1)! + room < ids.length) starts.push(Math.min(starts.at(-1)! + stride, ids.length - room));
  return starts.map((start, index) => {
    const end = Math.min(start + room, ids.length);
    const middleOf = (left: number) => Math.floor((starts[left + 1]! + starts[left]! + room) / 2); // of an overlap
    const first = index === 0 ? 0 : middleOf(index - 1);
    const last = index === starts.length - 1 ? ids.length : middleOf(index);
    const content = [...promptIds, ...ids.slice(start, end)];
    const encoded: EncodedText = {
      ids: [...frame.before, ...content, ...frame.after],
      typeIds: [...frame.typesBefore, ...content.map(() => frame.contentType), ...frame.typesAfter],
      promptTokens: head,
      fullLength: frame.before.length + content.length + frame.after.length,
    };
    return { encoded, first, last, offset: head + first - start };
  });
}
