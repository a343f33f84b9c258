import type { Range } from '../gbnf/character-ranges.js';
import { invalidGrammar } from '../gbnf/check-grammar.js';

/** What a rule of a grammar says. */
export type Expression =
  | { type: 'text'; text: string }
  | { type: 'characters'; ranges: readonly Range[] }
  | { type: 'rule'; name: string }
  | { type: 'sequence'; items: readonly Expression[] }
  | { type: 'either'; options: readonly Expression[] }
  | { type: 'repeat'; item: Expression; least: number; most: number };

const anyCharacter: readonly Range[] = [[0, 0x10ffff]];
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', '"': '"', '[': '[', ']': ']' };
/** Digits of an escape by its letter. */
const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/**
 * Rules of a grammar in GBNF by their names. What bounds them is checked before, by `checkGrammar`.
 * Source of the syntax: https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
 * @throws {LlmiError} INPUT_INVALID
 */
export function readGrammar(text: string): Map<string, Expression> {
  return new GrammarReader(text).rules();
}

class GrammarReader {
  #at = 0;

  constructor(private readonly text: string) {}

  rules(): Map<string, Expression> {
    const rules = new Map<string, Expression>();
    this.#skip(true);
    while (this.#at < this.text.length) {
      const name = this.#match(/[a-zA-Z0-9-]+/y) ?? this.#fail('the name of a rule');
      this.#skip(false);
      if (this.#match(/::=/y) === undefined) this.#fail('"::="');
      this.#skip(true);
      rules.set(name, this.#alternatives(false));
      if (this.#at < this.text.length && this.#match(/\r?\n|\r/y) === undefined) this.#fail('the end of a rule');
      this.#skip(true);
    }
    return rules;
  }

  #alternatives(isNested: boolean): Expression {
    const options = [this.#sequence(isNested)];
    while (this.text[this.#at] === '|') {
      this.#at++;
      this.#skip(true);
      options.push(this.#sequence(isNested));
    }
    return options.length === 1 ? options[0]! : { type: 'either', options };
  }

  #sequence(isNested: boolean): Expression {
    const items: Expression[] = [];
    for (let item = this.#item(); item; item = this.#item()) {
      this.#skip(isNested);
      const repeated = this.#repeated(item);
      if (repeated !== item) this.#skip(isNested);
      items.push(repeated);
    }
    return items.length === 1 ? items[0]! : { type: 'sequence', items };
  }

  #item(): Expression | undefined {
    const first = this.text[this.#at];
    if (first === '"') return this.#quoted();
    if (first === '[') return this.#class();
    if (first === '.') return this.#at++, { type: 'characters', ranges: anyCharacter };
    if (first === '(') {
      this.#at++;
      this.#skip(true);
      const inner = this.#alternatives(true);
      if (this.text[this.#at] !== ')') this.#fail('")"');
      this.#at++;
      return inner;
    }
    const name = this.#match(/[a-zA-Z0-9-]+/y);
    return name === undefined ? undefined : { type: 'rule', name };
  }

  /** `item` with the sign that says how often it comes; further signs speak of the result. */
  #repeated(item: Expression): Expression {
    const sign = this.#match(/[*+?]|\{\s*\d+\s*(?:,\s*\d*\s*)?\}/y);
    if (sign === undefined) {
      if (this.text[this.#at] === '{') this.#fail('a number of times');
      return item;
    }
    const [least, most] = bounds(sign);
    if (most < least) this.#fail('a largest number of times that is not below the least');
    this.#skip(false);
    return this.#repeated({ type: 'repeat', item, least, most });
  }

  #quoted(): Expression {
    let text = '';
    for (this.#at++; this.text[this.#at] !== '"'; ) text += this.#character();
    this.#at++;
    return { type: 'text', text };
  }

  #class(): Expression {
    this.#at++;
    const isNegated = this.text[this.#at] === '^';
    if (isNegated) this.#at++;
    const ranges: Range[] = [];
    while (this.text[this.#at] !== ']') {
      const first = this.#character().codePointAt(0)!;
      const isRange = this.text[this.#at] === '-' && this.text[this.#at + 1] !== ']';
      if (isRange) this.#at++;
      const last = isRange ? this.#character().codePointAt(0)! : first;
      if (last < first) this.#fail('a range from the smaller to the larger character');
      ranges.push([first, last]);
    }
    this.#at++;
    return { type: 'characters', ranges: isNegated ? outside(ranges) : ranges };
  }

  /** One character of a quoted text or a class, an escape as what it stands for. */
  #character(): string {
    const code = this.text.codePointAt(this.#at);
    if (code === undefined) this.#fail('the end of a text or a class');
    const character = String.fromCodePoint(code);
    this.#at += character.length;
    if (character !== '\\') return character;
    const letter = this.text[this.#at++] ?? '';
    const plain = escapes[letter];
    if (plain !== undefined) return plain;
    const digits = hexDigits[letter];
    const hex = digits === undefined ? undefined : this.text.slice(this.#at, this.#at + digits);
    if (hex === undefined || hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex) || Number.parseInt(hex, 16) > 0x10ffff) this.#fail('an escape that there is');
    this.#at += hex.length;
    return String.fromCodePoint(Number.parseInt(hex, 16));
  }

  #skip(overLines: boolean): void {
    this.#match(overLines ? /(?:[ \t\r\n]|#.*)*/y : /[ \t]*(?:#.*)?/y);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #fail(wanted: string): never {
    const before = this.text.slice(0, this.#at).split('\n');
    throw invalidGrammar(`is not valid GBNF: ${wanted} is missing in line ${before.length} after "${before.at(-1)!.slice(-20)}"`);
  }
}

function bounds(sign: string): [least: number, most: number] {
  if (sign === '*') return [0, Infinity];
  if (sign === '+') return [1, Infinity];
  if (sign === '?') return [0, 1];
  const [, least, comma, most] = /(\d+)\s*(,)?\s*(\d*)/.exec(sign)!;
  if (comma === undefined) return [Number(least), Number(least)];
  return [Number(least), most === '' ? Infinity : Number(most)];
}

/** Every character that is in none of the ranges. */
function outside(ranges: readonly Range[]): Range[] {
  const rest: Range[] = [];
  let from = 0;
  for (const [first, last] of [...ranges].sort(([left], [right]) => left - right)) {
    if (first > from) rest.push([from, first - 1]);
    from = Math.max(from, last + 1);
  }
  return from <= 0x10ffff ? [...rest, [from, 0x10ffff]] : rest;
}
