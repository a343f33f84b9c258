import type { WrittenCall } from '../output/parts.js';
import type { ToolSpec } from './tool-format.js';

/** What makes a text no list of calls. */
class Mismatch extends Error {}

const deepest = 32;

/** Calls in the syntax of Python: `get_weather(city="Rome", days=2)`, one, several on lines, or in a list. Undefined for anything else. */
export function pythonCalls(text: string, tools: readonly ToolSpec[]): WrittenCall[] | undefined {
  try {
    return new PythonReader(text).calls(tools);
  } catch (error) {
    if (error instanceof Mismatch) return undefined;
    throw error;
  }
}

class PythonReader {
  #at = 0;

  constructor(private readonly text: string) {}

  calls(tools: readonly ToolSpec[]): WrittenCall[] {
    const inList = this.#take('[');
    const found: WrittenCall[] = [];
    for (this.#skip(); this.#at < this.text.length && !(inList && this.text[this.#at] === ']'); this.#skip()) {
      found.push(this.#call(tools));
      while (this.#take(',') || this.#take(';'));
    }
    if (inList && !this.#take(']')) throw new Mismatch();
    this.#skip();
    if (this.#at < this.text.length || found.length === 0) throw new Mismatch();
    return found;
  }

  #call(tools: readonly ToolSpec[]): WrittenCall {
    const path = this.#match(/[A-Za-z_][\w.-]*/y);
    const wrapped = path === 'print'; // Gemma prints what it calls
    if (wrapped && this.#take('(')) {
      const call = this.#call(tools);
      if (!this.#take(')')) throw new Mismatch();
      return call;
    }
    const name = [path, path.replace(/\.call$/, ''), path.replace(/^.*\./, '')].find((candidate) => tools.some((tool) => tool.name === candidate));
    if (name === undefined || !this.#take('(')) throw new Mismatch();
    const args: [string, unknown][] = [];
    for (this.#skip(); !this.#take(')'); this.#skip()) {
      const key = this.#match(/[A-Za-z_]\w*/y);
      if (!this.#take('=')) throw new Mismatch();
      args.push([key, this.#value(0)]);
      if (!this.#take(',') && this.text[this.#at] !== ')') throw new Mismatch();
    }
    return { name, arguments: JSON.stringify(Object.fromEntries(args)) };
  }

  #value(depth: number): unknown {
    if (depth > deepest) throw new Mismatch();
    this.#skip();
    const next = this.text[this.#at];
    if (next === '"' || next === "'") return this.#string(next);
    if (this.#take('[')) return this.#items(']', () => this.#value(depth + 1));
    if (this.#take('(')) return this.#items(')', () => this.#value(depth + 1));
    if (this.#take('{')) return Object.fromEntries(this.#items('}', () => this.#pair(depth + 1)));
    const word = this.#match(/[-+]?[\w.]+(?:[eE][-+]?\d+)?/y);
    if (word in constants) return constants[word];
    const number = Number(word);
    if (Number.isNaN(number)) throw new Mismatch();
    return number;
  }

  #pair(depth: number): [string, unknown] {
    const key = this.#value(depth);
    if (!this.#take(':')) throw new Mismatch();
    return [String(key), this.#value(depth)];
  }

  #items<Item>(close: string, read: () => Item): Item[] {
    const items: Item[] = [];
    while (!this.#take(close)) {
      items.push(read());
      if (!this.#take(',')) {
        if (!this.#take(close)) throw new Mismatch();
        break;
      }
    }
    return items;
  }

  #string(quote: string): string {
    const long = quote.repeat(3);
    const end = this.text.startsWith(long, this.#at) ? long : quote;
    this.#at += end.length;
    let value = '';
    while (!this.text.startsWith(end, this.#at)) {
      const character = this.text[this.#at++];
      if (character === undefined) throw new Mismatch();
      value += character === '\\' ? this.#escape() : character;
    }
    this.#at += end.length;
    return value;
  }

  #escape(): string {
    const letter = this.text[this.#at++] ?? '';
    const plain: Record<string, string> = { n: '\n', t: '\t', r: '\r', '0': '\0' };
    const digits = letter === 'x' ? 2 : letter === 'u' ? 4 : letter === 'U' ? 8 : 0;
    if (digits === 0) return plain[letter] ?? letter;
    const code = Number.parseInt(this.text.slice(this.#at, this.#at + digits), 16);
    if (!(code <= 0x10ffff)) throw new Mismatch();
    this.#at += digits;
    return String.fromCodePoint(code);
  }

  #match(pattern: RegExp): string {
    this.#skip();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) throw new Mismatch();
    this.#at += found.length;
    return found;
  }

  #take(text: string): boolean {
    this.#skip();
    if (!this.text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #skip(): void {
    while (/\s/.test(this.text[this.#at] ?? '')) this.#at++;
  }
}

const constants: Record<string, unknown> = { True: true, False: false, None: null, true: true, false: false, null: null };
