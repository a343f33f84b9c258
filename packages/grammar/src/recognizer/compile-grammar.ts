import type { Range } from '../gbnf/character-ranges.js';
import { checkGrammar, invalidGrammar } from '../gbnf/check-grammar.js';
import { readGrammar, type Expression } from './read-grammar.js';
import { utf8Ranges, type ByteRanges } from './utf8-ranges.js';

/** A place in a rule: what can come next. */
export interface Place {
  /** Bytes that lead on, each edge from its first to its last. */
  readonly edges: { readonly first: number; readonly last: number; readonly to: Place }[];
  /** Places that are reached without a byte. */
  readonly free: Place[];
  /** A rule that comes here, and where its end leads on. */
  readonly call?: { readonly rule: Rule; readonly then: Place };
}

export interface Rule {
  start: Place;
}

/** Where every rule ends. */
export const ruleEnd: Place = { edges: [], free: [] };

/** Rules that begin with one another in a row. */
const longestChain = 1500;

/** The rule `start` of a grammar as places that bytes lead through. @throws {LlmiError} INPUT_INVALID */
export function compileGrammar(text: string, start = 'root'): Rule {
  checkGrammar(text, start);
  const rules = readGrammar(text);
  refuseLeftRecursion(rules);
  return new Compiler(rules).rule(start);
}

class Compiler {
  readonly #rules = new Map<string, Rule>();
  readonly #inner = new Map<Expression, Rule>();
  readonly #classes = new Map<string, Rule>();

  constructor(expressions: ReadonlyMap<string, Expression>) {
    for (const name of expressions.keys()) this.#rules.set(name, { start: ruleEnd });
    for (const [name, expression] of expressions) this.rule(name).start = this.#place(expression, ruleEnd);
  }

  rule(name: string): Rule {
    return this.#rules.get(name)!;
  }

  /** Where `expression` begins, which leads on to `next`. */
  #place(expression: Expression, next: Place): Place {
    switch (expression.type) {
      case 'text':
        return bytesPlace([...new TextEncoder().encode(expression.text)].map((byte): Range => [byte, byte]), next);
      case 'characters':
        return this.#characters(expression.ranges, next);
      case 'rule':
        return callPlace(this.rule(expression.name), next);
      case 'sequence':
        return expression.items.reduceRight((after, item) => this.#place(item, after), next);
      case 'either':
        return { edges: [], free: expression.options.map((option) => this.#place(option, next)) };
      case 'repeat':
        return this.#repeat(expression, next);
    }
  }

  /** Characters of several bytes are a rule of their own, so that a thousand of them are a thousand calls of it. */
  #characters(ranges: readonly Range[], next: Place): Place {
    const parts = utf8Ranges(ranges);
    if (parts.every((part) => part.length === 1)) return { edges: parts.flat().map(([first, last]) => ({ first, last, to: next })), free: [] };
    const key = JSON.stringify(parts);
    let rule = this.#classes.get(key);
    if (!rule) this.#classes.set(key, (rule = { start: sharedStart(parts) }));
    return callPlace(rule, next);
  }

  #repeat({ item, least, most }: Expression & { type: 'repeat' }, next: Place): Place {
    const one = (after: Place): Place => (item.type === 'sequence' || item.type === 'either' || item.type === 'repeat' ? callPlace(this.#innerRule(item), after) : this.#place(item, after));
    let place = next;
    if (most === Infinity) {
      const loop: Place = { edges: [], free: [] };
      loop.free.push(one(loop), next);
      place = loop;
    } else {
      for (let count = least; count < most; count++) place = { edges: [], free: [one(place), next] };
    }
    for (let count = 0; count < least; count++) place = one(place);
    return place;
  }

  #innerRule(expression: Expression): Rule {
    let rule = this.#inner.get(expression);
    if (!rule) this.#inner.set(expression, (rule = { start: this.#place(expression, ruleEnd) }));
    return rule;
  }
}

function callPlace(rule: Rule, then: Place): Place {
  return { edges: [], free: [], call: { rule, then } };
}

function bytesPlace(ranges: ByteRanges, next: Place): Place {
  return ranges.reduceRight<Place>((to, [first, last]) => ({ edges: [{ first, last, to }], free: [] }), next);
}

/** One place for all parts; those that begin with the same bytes share what comes after. */
function sharedStart(parts: readonly ByteRanges[]): Place {
  const byFirst = new Map<string, ByteRanges[]>();
  for (const part of parts) byFirst.set(part[0]!.join(), [...(byFirst.get(part[0]!.join()) ?? []), part.slice(1)]);
  const edges = [...byFirst].map(([key, rests]) => {
    const [first, last] = key.split(',').map(Number) as [number, number];
    return { first, last, to: rests[0]!.length === 0 ? ruleEnd : sharedStart(rests) };
  });
  return { edges, free: [] };
}

/** A rule that begins with itself would be called without end. */
function refuseLeftRecursion(rules: ReadonlyMap<string, Expression>): void {
  const known = new Map<string, boolean | undefined>();
  /** Whether nothing at all fits; looks at everything that can come first. */
  const isEmpty = (expression: Expression, depth: number): boolean => {
    if (depth > longestChain) throw invalidGrammar(`has more than ${longestChain} rules that begin with one another`);
    switch (expression.type) {
      case 'text':
        return expression.text === '';
      case 'characters':
        return false;
      case 'rule':
        return ruleIsEmpty(expression.name, depth);
      case 'sequence':
        return expression.items.every((item) => isEmpty(item, depth));
      case 'either':
        return expression.options.map((option) => isEmpty(option, depth)).includes(true);
      case 'repeat':
        return isEmpty(expression.item, depth) || expression.least === 0;
    }
  };
  const ruleIsEmpty = (name: string, depth: number): boolean => {
    if (known.has(name)) {
      const found = known.get(name);
      if (found === undefined) throw invalidGrammar(`is not valid GBNF, or has a rule that begins with itself: "${name}"`);
      return found;
    }
    const expression = rules.get(name);
    if (!expression) throw invalidGrammar(`uses the rule "${name}" and does not define it`);
    known.set(name, undefined);
    const found = isEmpty(expression, depth + 1);
    known.set(name, found);
    return found;
  };
  for (const name of rules.keys()) ruleIsEmpty(name, 0);
}
