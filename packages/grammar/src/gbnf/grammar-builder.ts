import { LlmiError } from '@llmi/core';

/** More rules than any sensible grammar has: each costs memory and time for every token. */
const mostRules = 10_000;

/**
 * Writes a GBNF grammar rule by rule. An expression is GBNF text that can stand anywhere in a rule.
 * Source of the syntax: https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
 */
export class GrammarBuilder {
  readonly #rules = new Map<string, string>();
  readonly #nameOf = new Map<string, string>();

  /** A rule of its own for an expression; the same expression is written once. Returns its name. */
  rule(hint: string, expression: string): string {
    const known = this.#nameOf.get(expression);
    if (known !== undefined) return known;
    const name = this.reserve(hint);
    this.define(name, expression);
    this.#nameOf.set(expression, name);
    return name;
  }

  /** The rule of this name; `expression` is asked once, and may name the rule itself. */
  shared(name: string, expression: () => string): string {
    if (this.#rules.has(name)) return name;
    this.#rules.set(name, '');
    this.#rules.set(name, expression());
    return name;
  }

  /** A name for a rule that is defined later: one that leads back to itself. */
  reserve(hint: string): string {
    const base = hint.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'rule';
    let name = base;
    for (let count = 2; name === 'root' || this.#rules.has(name); count++) name = `${base}-${count}`;
    if (this.#rules.size >= mostRules) throw new LlmiError('INPUT_UNSUPPORTED', { message: `The grammar has more than ${mostRules} rules.`, hint: 'Simplify the schema.', param: 'response_format' });
    this.#rules.set(name, '');
    return name;
  }

  define(name: string, expression: string): void {
    this.#rules.set(name, expression);
  }

  /** The grammar as text, starting with `root`. */
  build(root: string): string {
    return [['root', root] as const, ...this.#rules].map(([name, expression]) => `${name} ::= ${expression}\n`).join('');
  }
}

/** Exactly this text. */
export function literal(text: string): string {
  return `"${[...text].map((character) => escapes[character] ?? character).join('')}"`;
}

const escapes: Record<string, string> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** One of these. */
export function either(expressions: readonly string[]): string {
  return expressions.length === 1 ? expressions[0]! : `( ${expressions.join(' | ')} )`;
}

/** `expression` between `least` and `most` times; without `most`, any number of times more. */
export function repeat(expression: string, least: number, most?: number): string {
  if (most === undefined) return least === 0 ? `${expression}*` : least === 1 ? `${expression}+` : `${expression}{${least},}`;
  if (most > longestRun) return longRun(expression, least, most);
  return `${expression}{${least},${most}}`;
}

/** llama.cpp writes a repetition out, and refuses more than 2,000. Source: MAX_REPETITION_THRESHOLD in src/llama-grammar.cpp */
const longestRun = 1000;

/** Runs of a thousand and what is left, so that every length has one way of being read. */
function longRun(expression: string, least: number, most: number): string {
  if (least > longestRun || most > longestRun * longestRun) {
    throw new LlmiError('INPUT_UNSUPPORTED', { message: `A length between ${least} and ${most} cannot be enforced.`, hint: `Use a least length of at most ${longestRun}.`, param: 'response_format' });
  }
  const [runs, rest] = [Math.floor(most / longestRun), most % longestRun];
  const run = `( ${expression}{${longestRun},${longestRun}} )`;
  const below = `${expression}{${least},${longestRun - 1}}`;
  const more = runs > 1 ? [`${run}{1,${runs - 1}} ${expression}{0,${longestRun - 1}}`] : [];
  return `( ${[below, ...more, `${run}{${runs},${runs}} ${expression}{0,${rest}}`].join(' | ')} )`;
}
