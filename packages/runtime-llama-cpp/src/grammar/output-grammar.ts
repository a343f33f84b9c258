import { LlmiError } from '@llmi/core';
import type { LlamaGrammar } from 'node-llama-cpp';
import type { OpenLlama } from '../llama-library.js';
import { GrammarBuilder } from './grammar-builder.js';
import { anyObject } from './json-values.js';
import { JsonSchemaRules } from './json-schema.js';

/** A shape that answers can be held to; made by `LlamaModel.jsonGrammar` and `LlamaModel.grammar`. */
export interface OutputGrammar {
  readonly native: LlamaGrammar;
  /** The grammar as text. */
  readonly text: string;
}

const longestGrammar = 1_000_000; // characters
const deepestGroup = 200;
/** llama.cpp writes a repetition out, and refuses more than this; all of them together take time and memory. */
const mostRepeats = 2000;
const mostRepeatsInAll = 100_000;

/** Any object, or what a schema describes, as GBNF. @throws {LlmiError} INPUT_UNSUPPORTED */
export function jsonGrammarText(schema?: Record<string, unknown>): string {
  const builder = new GrammarBuilder();
  const root = schema === undefined ? anyObject(builder) : new JsonSchemaRules(builder, schema).document();
  return builder.build(root);
}

/**
 * A grammar from its text, bounded before the parser sees it: it reads groups by recursion.
 * @throws {LlmiError} INPUT_INVALID
 */
export function compileGrammar({ llama, library }: OpenLlama, text: string, start = 'root'): OutputGrammar {
  checkBounds(text, start);
  try {
    return { native: new library.LlamaGrammar(llama, { grammar: text, rootRuleName: start }), text };
  } catch (cause) {
    throw invalid('is not valid GBNF, or has a rule that begins with itself', cause);
  }
}

function checkBounds(text: string, start: string): void {
  if (text.length > longestGrammar) throw invalid(`has more than ${longestGrammar} characters`);
  const structure = text.replace(/"(?:\\.|[^"\\\n])*"|\[(?:\\.|[^\]\\])*\]|#.*/g, ''); // without what stands in quotes, classes and comments
  let depth = 0;
  for (const character of structure) {
    if (character === '(' && ++depth > deepestGroup) throw invalid(`is nested more than ${deepestGroup} levels deep`);
    if (character === ')' && --depth < 0) break;
  }
  if (depth !== 0) throw invalid('has a "(" or a ")" without the other');
  const defined = new Set([...structure.matchAll(/([a-zA-Z0-9-]+)\s*::=/g)].map(([, name]) => name));
  if (!defined.has(start)) throw invalid(`has no rule "${start}"`);
  const missing = structure.match(/[a-zA-Z][a-zA-Z0-9-]*/g)?.find((name) => !defined.has(name));
  if (missing !== undefined) throw invalid(`uses the rule "${missing}" and does not define it`);
  let repeats = 0;
  for (const [, least, most] of structure.matchAll(/\{\s*(\d+)\s*(?:,\s*(\d+)?)?\s*\}/g)) {
    if (Number(least) > mostRepeats || Number(most ?? 0) > mostRepeats) throw invalid(`repeats something more than ${mostRepeats} times`);
    repeats += Math.max(Number(least), Number(most ?? 0));
    if (repeats > mostRepeatsInAll) throw invalid('repeats too much: its bounded repetitions add up to more than ' + String(mostRepeatsInAll));
  }
}

function invalid(problem: string, cause?: unknown): LlmiError {
  return new LlmiError('INPUT_INVALID', {
    message: `The grammar ${problem}.`,
    hint: 'See https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md for the syntax.',
    param: 'response_format.grammar',
    cause,
  });
}
