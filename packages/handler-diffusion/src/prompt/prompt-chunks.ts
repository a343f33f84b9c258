import type { ClipTokenizer } from '../tokenizers/clip-tokenizer.js';
import { parseWeights } from './parse-weights.js';

/** Tokens that go through the text encoder together, with the ones at start and end and the padding; a weight for each. */
export interface PromptChunk {
  ids: number[];
  weights: number[];
}

export interface PromptChunks {
  chunks: PromptChunk[];
  /** The end of the prompt that the encoder does not see. */
  truncated?: string;
}

export interface PromptChunkOptions {
  /** Understands `(word:1.3)`, `[word]` and BREAK as stable-diffusion-webui does; otherwise they are text. */
  weighting?: boolean;
  /** As many chunks as the prompt needs; otherwise it is cut off after the first. */
  longPrompts?: boolean;
}

type PromptTokenizer = Pick<ClipTokenizer, 'encode' | 'decode' | 'bosId' | 'eosId' | 'padId' | 'modelMaxLength'>;

interface Token {
  id: number;
  weight: number;
  startsChunk: boolean;
  isComma: boolean;
}

/** The one at the start and the one at the end. */
const specialTokens = 2;
/** How far back a chunk ends earlier, so that a phrase is not torn apart. Source: `comma_padding_backtrack` of stable-diffusion-webui. */
const longestTail = 20;

/**
 * A prompt in chunks of `modelMaxLength` tokens: one, as diffusers cuts it off, or all.
 * With `weighting` a chunk that is full ends after its last comma, if that is near.
 * @throws {LlmiError} INPUT_INVALID when brackets are nested too deeply
 */
export function promptChunks(tokenizer: PromptTokenizer, prompt: string, { weighting = false, longPrompts = false }: PromptChunkOptions = {}): PromptChunks {
  const room = tokenizer.modelMaxLength - specialTokens;
  const tokens = tokenize(tokenizer, prompt, weighting);
  const parts = splitTokens(tokens, room, weighting && longPrompts ? longestTail : 0);
  const kept = longPrompts ? parts : parts.slice(0, 1);
  const rest = tokens.slice(kept.reduce((sum, { length }) => sum + length, 0));
  return {
    chunks: kept.map((part) => fillUp(part, tokenizer)),
    ...(rest.length > 0 ? { truncated: tokenizer.decode(rest.map(({ id }) => id)) } : {}),
  };
}

function tokenize(tokenizer: PromptTokenizer, prompt: string, weighting: boolean): Token[] {
  const commas = weighting ? tokenizer.encode(',') : [];
  const texts = weighting ? parseWeights(prompt) : [{ text: prompt, weight: 1 }];
  return texts.flatMap(({ text, weight, startsChunk = false }) =>
    tokenizer.encode(text).map((id, index) => ({ id, weight, startsChunk: startsChunk && index === 0, isComma: commas.length === 1 && commas[0] === id })),
  );
}

/** At least one part, none longer than `room`. */
function splitTokens(tokens: readonly Token[], room: number, longestTail: number): Token[][] {
  const parts: Token[][] = [];
  let start = 0;
  for (let index = 0; index < tokens.length; index++) {
    if (tokens[index]!.startsChunk && index > start) {
      parts.push(tokens.slice(start, index));
      start = index;
    } else if (index - start === room) {
      const afterComma = tokens.slice(start, index).findLastIndex(({ isComma }) => isComma) + 1 + start;
      const end = afterComma > start && index - afterComma <= longestTail ? afterComma : index;
      parts.push(tokens.slice(start, end));
      start = end;
    }
  }
  return [...parts, tokens.slice(start)];
}

function fillUp(tokens: readonly Token[], { bosId, eosId, padId, modelMaxLength }: PromptTokenizer): PromptChunk {
  const ids = [bosId, ...tokens.map(({ id }) => id), eosId];
  const weights = [1, ...tokens.map(({ weight }) => weight), 1];
  const padding = modelMaxLength - ids.length;
  return { ids: [...ids, ...Array<number>(padding).fill(padId)], weights: [...weights, ...Array<number>(padding).fill(1)] };
}
