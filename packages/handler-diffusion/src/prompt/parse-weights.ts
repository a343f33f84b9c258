import { LlmiError } from '@llmi/core';

/** A part of a prompt and how much it counts; `startsChunk` where BREAK stands before it. */
export interface WeightedText {
  text: string;
  weight: number;
  startsChunk?: boolean;
}

/** What brackets without a number make of the weight. */
const factors = { '(': 1.1, '[': 1 / 1.1 } as const;
type Opening = keyof typeof factors;
/** Deeper ones would make any weight infinite or nothing. */
const maxDepth = 100;

/** A sign that means something, or text up to the next one. A number counts only before a closing bracket. */
const part = /\\[()[\]\\]|:\s*(?<weight>[+-]?(?:\d+\.?\d*|\.\d+))\s*\)|[()[\]]|\bBREAK\b|(?:(?!\bBREAK\b)[^\\()[\]:])+|[^]/gy;

/**
 * The parts of a prompt with their weights: `(word)` counts 1.1 times, `[word]` 1/1.1 times, `(word:1.3)` 1.3 times, nested ones all
 * of it; `\(` is a bracket of the text itself, and BREAK ends a chunk. A bracket that is never closed reaches to the end; one that
 * was never opened is text.
 * Source: the syntax of stable-diffusion-webui, https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/Features#attentionemphasis
 * @throws {LlmiError} INPUT_INVALID when brackets are nested too deeply
 */
export function parseWeights(prompt: string): WeightedText[] {
  const texts: WeightedText[] = [];
  const open: Record<Opening, number[]> = { '(': [], '[': [] };
  const weigh = (start: number | undefined, factor: number) => {
    for (let index = start!; index < texts.length; index++) texts[index]!.weight *= factor;
  };
  const close = (bracket: Opening, factor: number = factors[bracket]) => weigh(open[bracket].pop(), factor);
  let startsChunk = false;
  for (const { 0: text, groups } of prompt.matchAll(part)) {
    const weight = groups?.weight;
    if (text === '(' || text === '[') {
      open[text].push(texts.length);
      if (open['('].length + open['['].length > maxDepth) throw tooDeep();
    } else if (weight !== undefined && open['('].length > 0) close('(', Number(weight));
    else if (text === ')' && open['('].length > 0) close('(');
    else if (text === ']' && open['['].length > 0) close('[');
    else if (text === 'BREAK') startsChunk = true;
    else {
      texts.push({ text: /^\\./.test(text) ? text.slice(1) : text, weight: 1, ...(startsChunk ? { startsChunk } : {}) });
      startsChunk = false;
    }
  }
  for (const bracket of ['(', '['] as const) while (open[bracket].length > 0) close(bracket);
  return joinEqual(texts);
}

/** Neighbours of one weight are one text: words are not torn apart by a sign that turned out to be text. */
function joinEqual(texts: readonly WeightedText[]): WeightedText[] {
  const joined: WeightedText[] = [];
  for (const next of texts) {
    const last = joined.at(-1);
    if (last?.weight === next.weight && !next.startsChunk) last.text += next.text;
    else joined.push(next);
  }
  return joined;
}

function tooDeep(): LlmiError {
  return new LlmiError('INPUT_INVALID', {
    message: `The brackets of the prompt are nested more than ${maxDepth} deep.`,
    hint: 'Use (word:1.5) for more weight, and \\( for a bracket of the text itself.',
    param: 'prompt',
  });
}
