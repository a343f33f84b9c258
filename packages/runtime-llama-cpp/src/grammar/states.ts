import type { LlamaGrammarEvaluationState, LlamaModel as NativeModel } from 'node-llama-cpp';
import type { LlamaLibrary } from '../llama-library.js';
import type { OutputGrammar } from './output-grammar.js';

/** How far an answer has come in its grammar; one state for each grammar that is used in turn. */
export function grammarStates(
  grammar: OutputGrammar | (() => OutputGrammar | undefined) | undefined,
  model: NativeModel,
  { LlamaGrammarEvaluationState }: LlamaLibrary,
): (() => LlamaGrammarEvaluationState | undefined) | undefined {
  if (grammar === undefined) return undefined;
  const states = new Map<OutputGrammar, LlamaGrammarEvaluationState>();
  return () => {
    const current = typeof grammar === 'function' ? grammar() : grammar;
    if (!current) return undefined;
    let state = states.get(current);
    if (!state) states.set(current, (state = new LlamaGrammarEvaluationState({ model, grammar: current.native })));
    return state;
  };
}
