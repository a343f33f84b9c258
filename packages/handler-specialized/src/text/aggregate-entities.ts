import type { LaidOutToken, TextTokenizer } from '@llmi/runtime-transformers';
import { highestIndex } from './scores.js';

/** A token with the probability of each label. `index`: its place among all tokens, special ones counted. */
export interface ScoredToken extends LaidOutToken {
  index: number;
  scores: number[];
}

export type Aggregation = 'none' | 'simple' | 'first' | 'average' | 'max';

/** Something that a text names. */
export type Entity = {
  entity: string;
  score: number;
  word: string;
  /** Characters (UTF-16) of the text from `start` to before `end`. */
  start: number;
  end: number;
  /** Of a single token. */
  index?: number;
};

type Labelled = Entity & { isSubword: boolean; scores: number[] };

interface Words {
  tokenizer: TextTokenizer;
  nameOf(index: number): string;
}

/** Labelled tokens to entities. Source: TokenClassificationPipeline of transformers 4.57 */
export function aggregate(text: string, tokens: readonly ScoredToken[], strategy: Aggregation, words: Words): Entity[] {
  const labelled = tokens.map((token) => label(text, token, words));
  if (strategy === 'none') return labelled.map(({ entity, score, word, start, end, index }) => ({ entity, score, word, start, end, index }));
  return group(strategy === 'simple' ? labelled : wholeWords(labelled, strategy, words), words);
}

function label(text: string, { id, start, end, index, scores }: ScoredToken, { tokenizer, nameOf }: Words): Labelled {
  const best = highestIndex(scores);
  const token = tokenizer.idToToken(id) ?? '';
  const surface = text.slice(start, end);
  const isUnknown = id === tokenizer.special.unk;
  return { entity: nameOf(best), score: scores[best]!, word: isUnknown ? surface : token, start, end, index, scores, isSubword: !isUnknown && continuesWord(text, token, surface, start, tokenizer) };
}

/** Where the vocabulary does not mark it, a token that no space comes before goes on with a word. */
function continuesWord(text: string, token: string, surface: string, start: number, { marksSubwords }: TextTokenizer): boolean {
  return marksSubwords ? Array.from(token).length !== Array.from(surface).length : start > 0 && !text.slice(start - 1, start + 1).includes(' ');
}

function wholeWords(tokens: readonly Labelled[], strategy: 'first' | 'average' | 'max', words: Words): Labelled[] {
  const groups: Labelled[][] = [];
  for (const token of tokens) {
    if (token.isSubword && groups.length > 0) groups.at(-1)!.push(token);
    else groups.push([token]);
  }
  return groups.map((parts) => {
    const scores = wordScores(parts, strategy);
    const best = highestIndex(scores);
    return { entity: words.nameOf(best), score: scores[best]!, word: words.tokenizer.tokensToText(parts.map(({ word }) => word)), start: parts[0]!.start, end: parts.at(-1)!.end, isSubword: false, scores };
  });
}

function wordScores(parts: readonly Labelled[], strategy: 'first' | 'average' | 'max'): number[] {
  if (strategy === 'first') return parts[0]!.scores;
  if (strategy === 'max') return parts.reduce((surest, part) => (part.score > surest.score ? part : surest)).scores;
  return parts[0]!.scores.map((_, index) => parts.reduce((sum, { scores }) => sum + scores[index]!, 0) / parts.length);
}

/** Neighbours with one label together; B- begins a new one. */
function group(labelled: readonly Labelled[], { tokenizer }: Words): Entity[] {
  const groups: Labelled[][] = [];
  for (const part of labelled) {
    const last = groups.at(-1)?.at(-1);
    const { begins, tag } = tagOf(part.entity);
    if (last && tagOf(last.entity).tag === tag && !begins) groups.at(-1)!.push(part);
    else groups.push([part]);
  }
  return groups.map((parts) => ({
    entity: groupName(parts[0]!.entity),
    score: parts.reduce((sum, { score }) => sum + score, 0) / parts.length,
    word: tokenizer.tokensToText(parts.map(({ word }) => word)),
    start: parts[0]!.start,
    end: parts.at(-1)!.end,
  }));
}

function tagOf(entity: string): { begins: boolean; tag: string } {
  return { begins: entity.startsWith('B-'), tag: /^[BI]-/.test(entity) ? entity.slice(2) : entity };
}

/** What comes after the first hyphen: B-PER to PER. */
function groupName(entity: string): string {
  const at = entity.indexOf('-');
  return at < 0 ? entity : entity.slice(at + 1);
}
