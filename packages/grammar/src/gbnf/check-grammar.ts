import { LlmiError } from '@llmi/core';

const longestGrammar = 1_000_000; // characters
const deepestGroup = 200;
/** Recognizers write a repetition out; all of them together take time and memory. */
const mostRepeats = 2000;
const mostRepeatsInAll = 100_000;

/**
 * Bounds what a recognizer has to read: it reads groups by recursion, and writes repetitions out.
 * @throws {LlmiError} INPUT_INVALID
 */
export function checkGrammar(text: string, start = 'root'): void {
  if (text.length > longestGrammar) throw invalidGrammar(`has more than ${longestGrammar} characters`);
  const structure = text.replace(/"(?:\\.|[^"\\\n])*"|\[(?:\\.|[^\]\\])*\]|#.*/g, ''); // without what stands in quotes, classes and comments
  let depth = 0;
  for (const character of structure) {
    if (character === '(' && ++depth > deepestGroup) throw invalidGrammar(`is nested more than ${deepestGroup} levels deep`);
    if (character === ')' && --depth < 0) break;
  }
  if (depth !== 0) throw invalidGrammar('has a "(" or a ")" without the other');
  const defined = new Set([...structure.matchAll(/([a-zA-Z0-9-]+)\s*::=/g)].map(([, name]) => name));
  if (!defined.has(start)) throw invalidGrammar(`has no rule "${start}"`);
  const missing = structure.match(/[a-zA-Z][a-zA-Z0-9-]*/g)?.find((name) => !defined.has(name));
  if (missing !== undefined) throw invalidGrammar(`uses the rule "${missing}" and does not define it`);
  let repeats = 0;
  for (const [, least, most] of structure.matchAll(/\{\s*(\d+)\s*(?:,\s*(\d+)?)?\s*\}/g)) {
    if (Number(least) > mostRepeats || Number(most ?? 0) > mostRepeats) throw invalidGrammar(`repeats something more than ${mostRepeats} times`);
    repeats += Math.max(Number(least), Number(most ?? 0));
    if (repeats > mostRepeatsInAll) throw invalidGrammar('repeats too much: its bounded repetitions add up to more than ' + String(mostRepeatsInAll));
  }
}

/** What is wrong with a grammar that a request brought. */
export function invalidGrammar(problem: string, cause?: unknown): LlmiError {
  return new LlmiError('INPUT_INVALID', {
    message: `The grammar ${problem}.`,
    hint: 'See https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md for the syntax.',
    param: 'response_format.grammar',
    cause,
  });
}
