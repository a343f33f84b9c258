import { checkGrammar, invalidGrammar } from '@llmi/grammar';
import type { LlamaGrammar } from 'node-llama-cpp';
import type { OpenLlama } from '../llama-library.js';

/** A shape that answers can be held to; made by `LlamaModel.jsonGrammar` and `LlamaModel.grammar`. */
export interface OutputGrammar {
  readonly native: LlamaGrammar;
  /** The grammar as text. */
  readonly text: string;
}

/** A grammar from its text, whose rule `start` is the whole answer. @throws {LlmiError} INPUT_INVALID */
export function compileGrammar({ llama, library }: OpenLlama, text: string, start = 'root'): OutputGrammar {
  checkGrammar(text, start);
  try {
    return { native: new library.LlamaGrammar(llama, { grammar: text, rootRuleName: start }), text };
  } catch (cause) {
    throw invalidGrammar('is not valid GBNF, or has a rule that begins with itself', cause);
  }
}
