import { characterClass, plainCharacters, shared, single, without, type Range } from '../gbnf/character-ranges.js';
import { either, literal, repeat } from '../gbnf/grammar-builder.js';

/** A regular expression as a GBNF expression for what stands between the quotes of a JSON string. */
export interface PatternGrammar {
  expression: string;
  /** Characters of the shortest and longest match; Infinity for any number. */
  least: number;
  most: number;
}

type Part = PatternGrammar;

/** What makes a pattern one that cannot be enforced. */
export class PatternProblem extends Error {}

const anything = characterClass(plainCharacters);
const deepest = 32;

/** By escape. `\s` is a space: other white space needs escapes in JSON. */
const shorthand: Record<string, readonly Range[]> = {
  d: [[0x30, 0x39]],
  w: [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]],
  s: [[0x20, 0x20]],
};

/**
 * The matches of a JSON schema pattern (ECMA 262), or a part of them: characters that JSON writes with an escape only occur where the
 * pattern names them. Without `^` and `$` anything may stand before and after.
 * @throws {PatternProblem}
 */
export function patternGrammar(pattern: string): PatternGrammar {
  return new PatternReader([...pattern]).whole();
}

class PatternReader {
  #at = 0;
  #depth = 0;

  constructor(private readonly characters: readonly string[]) {}

  whole(): Part {
    const branches: Part[] = [];
    do branches.push(this.#anchored());
    while (this.#take('|'));
    if (this.#peek() !== undefined) throw new PatternProblem('has a ")" without "("');
    return choice(branches);
  }

  /** One alternative at the top, where `^` and `$` may stand. */
  #anchored(): Part {
    const starts = this.#take('^');
    const body = this.#sequence();
    const ends = this.#take('$');
    const free = { expression: `${anything}*`, least: 0, most: Infinity };
    return inOrder([...(starts ? [] : [free]), body, ...(ends ? [] : [free])]);
  }

  #sequence(): Part {
    const parts: Part[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')' && next !== '$'; next = this.#peek()) parts.push(this.#quantified());
    return inOrder(parts);
  }

  #quantified(): Part {
    const part = this.#atom();
    const [least, most] = this.#quantifier();
    if (least === 1 && most === 1) return part;
    const bounded = most === Infinity ? undefined : most;
    return { expression: repeat(`( ${part.expression} )`, least, bounded), least: part.least * least, most: most === 0 ? 0 : part.most * most };
  }

  #quantifier(): [least: number, most: number] {
    let range: [number, number] = [1, 1];
    if (this.#take('*')) range = [0, Infinity];
    else if (this.#take('+')) range = [1, Infinity];
    else if (this.#take('?')) range = [0, 1];
    else {
      const counted = /^\{(\d{1,6})(,(\d{1,6})?)?\}/.exec(this.characters.slice(this.#at, this.#at + 16).join(''));
      if (!counted) return range;
      this.#at += counted[0].length;
      const least = Number(counted[1]);
      range = [least, counted[2] === undefined ? least : counted[3] === undefined ? Infinity : Number(counted[3])];
      if (range[1] < range[0]) throw new PatternProblem('repeats something at most less often than at least');
    }
    this.#take('?'); // reads as little as possible: the matches are the same
    return range;
  }

  #atom(): Part {
    const next = this.characters[this.#at++]!;
    if (next === '(') return this.#group();
    if (next === '[') return this.#characterClass();
    if (next === '.') return one(anything);
    if (next === '\\') return this.#escape();
    if (next === '^' || next === '$') throw new PatternProblem(`has "${next}" in the middle`);
    if ('*+?'.includes(next)) throw new PatternProblem(`has "${next}" with nothing before it`);
    return exactly(next);
  }

  #group(): Part {
    if (++this.#depth > deepest) throw new PatternProblem(`is nested more than ${deepest} levels deep`);
    if (this.#take('?')) {
      const kind = this.characters[this.#at++];
      const isNamed = kind === '<' && /^[A-Za-z_]/.test(this.#peek() ?? '');
      if (isNamed) while (this.characters[this.#at++] !== '>') if (this.#peek() === undefined) throw new PatternProblem('has a group that does not end');
      if (!isNamed && kind !== ':') throw new PatternProblem('looks ahead or behind');
    }
    const branches: Part[] = [];
    do branches.push(this.#sequence());
    while (this.#take('|'));
    if (!this.#take(')')) throw new PatternProblem(this.#peek() === '$' ? 'has "$" in the middle' : 'has a group that does not end');
    this.#depth--;
    return choice(branches);
  }

  #escape(): Part {
    const next = this.characters[this.#at++];
    if (next === undefined) throw new PatternProblem('ends with "\\"');
    if (shorthand[next]) return one(characterClass(shorthand[next]));
    const opposite = shorthand[next.toLowerCase()];
    if (opposite) return one(characterClass(without(plainCharacters, opposite)));
    const code = this.#namedCharacter(next);
    if (code !== undefined) return exactly(code);
    if (/[A-Za-z0-9]/.test(next)) throw new PatternProblem(`uses "\\${next}"`);
    return exactly(next);
  }

  /** `\n`, `\t`, `\x41`, `\u0041`. */
  #namedCharacter(letter: string): string | undefined {
    const control: Record<string, string> = { n: '\n', r: '\r', t: '\t', f: '\f' };
    if (control[letter] !== undefined) return control[letter];
    const digits = letter === 'x' ? 2 : letter === 'u' ? 4 : 0;
    const code = this.characters.slice(this.#at, this.#at + digits).join('');
    if (digits === 0 || !/^[0-9a-f]+$/i.test(code) || code.length < digits) return undefined;
    this.#at += digits;
    return String.fromCharCode(parseInt(code, 16));
  }

  #characterClass(): Part {
    const isNegated = this.#take('^');
    const members: Range[] = [];
    while (!this.#take(']')) {
      if (this.#peek() === undefined) throw new PatternProblem('has a class that does not end');
      const first = this.#member();
      const isRange = this.#peek() === '-' && this.characters[this.#at + 1] !== ']' && this.characters[this.#at + 1] !== undefined;
      if (!isRange) {
        members.push(...first);
        continue;
      }
      this.#at++;
      const last = this.#member();
      const [[from], [to]] = [first[0]!, last[0]!];
      if (first.length > 1 || last.length > 1 || to < from) throw new PatternProblem('has a range in a class that is none');
      members.push([from, to]);
    }
    if (isNegated) return one(characterClass(without(plainCharacters, members)));
    const plain = shared(plainCharacters, members);
    const escaped = members.flatMap(([from, to]) => escapedCharacters.filter((character) => from <= character.charCodeAt(0) && character.charCodeAt(0) <= to));
    if (plain.length + escaped.length === 0) throw new PatternProblem('has a class without characters that can be written');
    return one(either([...(plain.length > 0 ? [characterClass(plain)] : []), ...new Set(escaped.map((character) => literal(JSON.stringify(character).slice(1, -1))))]));
  }

  /** A character, or a shorthand. */
  #member(): readonly Range[] {
    const next = this.characters[this.#at++]!;
    if (next !== '\\') return [single(next)];
    const escaped = this.characters[this.#at++] ?? '';
    if (shorthand[escaped]) return shorthand[escaped];
    if (/[DWSBpPk]/.test(escaped)) throw new PatternProblem(`uses "\\${escaped}" in a class`);
    return [single(this.#namedCharacter(escaped) ?? escaped)];
  }

  #peek(): string | undefined {
    return this.characters[this.#at];
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }
}

/** Characters that a class may name and JSON writes with an escape. */
const escapedCharacters = ['"', '\\', '\n', '\r', '\t'];

function one(expression: string): Part {
  return { expression, least: 1, most: 1 };
}

function exactly(character: string): Part {
  return one(literal(JSON.stringify(character).slice(1, -1)));
}

function inOrder(parts: readonly Part[]): Part {
  if (parts.length === 1) return parts[0]!;
  return {
    expression: parts.length === 0 ? '""' : parts.map(({ expression }) => expression).join(' '),
    least: parts.reduce((sum, { least }) => sum + least, 0),
    most: parts.reduce((sum, { most }) => sum + most, 0),
  };
}

function choice(branches: readonly Part[]): Part {
  if (branches.length === 1) return branches[0]!;
  return {
    expression: `( ${branches.map(({ expression }) => expression).join(' | ')} )`,
    least: Math.min(...branches.map(({ least }) => least)),
    most: Math.max(...branches.map(({ most }) => most)),
  };
}
