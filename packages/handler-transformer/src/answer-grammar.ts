import { either, GrammarBuilder, jsonGrammarText, JsonSchemaRules, literal } from '@llmi/grammar';
import type { TextOptions } from './options.js';
import { thinks, type Dialect } from './output/dialect.js';
import type { OutputReader } from './output/parts.js';
import type { AnswerGrammar, TextEngine } from './text-engine.js';
import { callRules, harmonyCallRules } from './tools/forced-choice.js';
import type { ToolSpec } from './tools/tool-format.js';

/** White space that models like to put between their thinking and their answer. */
const gap = '[ \\n]{0,4}';

/** Rule that the answer starts with, beside the `root` of a grammar. */
const startRule = 'answer-start';

/**
 * What the answer is held to, asked before each token; undefined for free text. Thinking is free: the grammar holds before it, where
 * the only other thing it allows is to begin to think, and after it.
 */
export function answerGrammar(model: TextEngine, options: TextOptions, dialect: Dialect, specs: readonly ToolSpec[] | undefined, reader: OutputReader): (() => AnswerGrammar | undefined) | undefined {
  const text = grammarText(options, dialect, specs);
  if (text === undefined) return undefined;
  if (dialect.isHarmony || !mayThink(options, dialect)) {
    const only = model.grammar(text);
    return () => (dialect.isHarmony && !isForcedCall(options) && reader.isReasoning ? undefined : only);
  }
  const { open } = dialect.reasoning!;
  const first = model.grammar(`${text}${startRule} ::= ${gap} ${literal(open)} | ${gap} root\n`, startRule);
  const after = model.grammar(`${text}${startRule} ::= ${gap} root\n`, startRule);
  let hasThought = false;
  return () => {
    hasThought ||= reader.isReasoning;
    return reader.isReasoning ? undefined : hasThought ? after : first;
  };
}

function mayThink({ reasoning }: TextOptions, dialect: Dialect): boolean {
  return thinks(dialect) && reasoning !== 'off' && reasoning !== 0;
}

function isForcedCall({ toolChoice }: TextOptions): boolean {
  return toolChoice === 'required' || typeof toolChoice === 'object';
}

/** The grammar of the answer proper. */
function grammarText(options: TextOptions, dialect: Dialect, specs: readonly ToolSpec[] | undefined): string | undefined {
  const { shape } = options;
  if (specs && isForcedCall(options)) {
    const builder = new GrammarBuilder();
    return builder.build(calls(builder, options, dialect, specs));
  }
  if (shape === undefined) return undefined;
  if ('grammar' in shape) return shape.grammar.endsWith('\n') ? shape.grammar : `${shape.grammar}\n`;
  if (!specs) return jsonGrammarText(shape.schema);
  const builder = new GrammarBuilder();
  const document = new JsonSchemaRules(builder, shape.schema ?? { type: 'object' }).document();
  return builder.build(either([document, calls(builder, options, dialect, specs)]));
}

function calls(builder: GrammarBuilder, options: TextOptions, dialect: Dialect, specs: readonly ToolSpec[]): string {
  const { toolChoice } = options;
  const chosen = typeof toolChoice === 'object' ? specs.filter(({ name }) => name === toolChoice.function.name) : specs;
  if (dialect.isHarmony) return harmonyCallRules(builder, chosen, { mayThink: mayThink(options, dialect) });
  return callRules(builder, dialect.tools, chosen, { parallel: typeof toolChoice !== 'object' });
}
