import { describe, expect, it } from 'vitest';
import { Automaton, type State } from './automaton.js';

function reads(grammar: string, text: string | Uint8Array, start?: string): 'whole' | 'begins' | 'no' {
  const automaton = new Automaton(grammar, start);
  let state: State | undefined = automaton.start;
  for (const byte of typeof text === 'string' ? new TextEncoder().encode(text) : text) {
    state = automaton.step(state, byte);
    if (!state) return 'no';
  }
  return state.mayEnd ? 'whole' : 'begins';
}

describe('a grammar reads', () => {
  it.each([
    ['root ::= "yes" | "no"', ['yes', 'no'], ['', 'y', 'n'], ['yesno', 'x']],
    ['root ::= "a"? "b"* "c"+', ['c', 'abbc', 'ccc'], ['', 'a', 'ab'], ['aa', 'ba']],
    ['root ::= [a-c]{2,3} "."', ['ab.', 'abc.'], ['a', 'abc'], ['a.', 'abca']],
    ['root ::= "x"{2} "y"{1,}', ['xxy', 'xxyyy'], ['x', 'xx'], ['xy', 'xxx']],
    ['root ::= ( "ab" | "cd" ){0,2}', ['', 'ab', 'cdab'], ['a', 'abc'], ['abcdab']],
    ['root ::= [^"\\n] .', ['a\n', 'üb'], ['a'], ['"', '\n']],
    ['root ::= "\\"\\\\\\x41\\u00e9\\U0001F600\\[\\]"', ['"\\Aé😀[]'], ['"\\A'], ['A']],
    ['root ::= [\\]a-]+', [']', 'a-]'], [''], ['b']],
    ['root ::= "(" root? ")" # nested', ['()', '((()))'], ['((', '(()'], [')', '())']],
    ['root ::=\n  one |\n  two\none ::= ( "1"\n  "2" )\r\ntwo ::= ""', ['12', ''], ['1'], ['2']],
    ['root ::= ( "" | "a"? )*', ['', 'aaa'], [], ['b']],
    ['root ::= "a" tail\ntail ::= "b" tail | "c"', ['ac', 'abbbc'], ['abb'], ['cb']],
  ])('%j', (grammar, whole, begun, none) => {
    for (const text of whole) expect([text, reads(grammar, text)]).toEqual([text, 'whole']);
    for (const text of begun) expect([text, reads(grammar, text)]).toEqual([text, 'begins']);
    for (const text of none) expect([text, reads(grammar, text)]).toEqual([text, 'no']);
  });

  it('from another rule than root', () => {
    expect(reads('root ::= "a"\nother ::= "b" root', 'ba', 'other')).toBe('whole');
  });

  it('parts of characters, and no bytes that are none', () => {
    expect(reads('root ::= [é-ü]', Uint8Array.of(0xc3))).toBe('begins');
    expect(reads('root ::= [é-ü]', Uint8Array.of(0xc3, 0xa8))).toBe('no');
    expect(reads('root ::= .', Uint8Array.of(0xed, 0xa0))).toBe('no');
  });

  it('a thousand levels of brackets, and back', () => {
    const grammar = 'root ::= "[" root* "]"';
    expect(reads(grammar, '['.repeat(1000) + ']'.repeat(1000))).toBe('whole');
    expect(reads(grammar, '['.repeat(1000) + ']'.repeat(999))).toBe('begins');
  });

  it('long repetitions exactly', () => {
    const grammar = 'root ::= ( [a-zé]{0,1000} "-" ){2,2000}';
    expect(reads(grammar, `${'é'.repeat(1000)}--`)).toBe('whole');
    expect(reads(grammar, 'é'.repeat(1001))).toBe('no');
  });

  it('without limit, though it remembers a part only', () => {
    const automaton = new Automaton('root ::= "[" root* "]"');
    let state: State | undefined = automaton.start;
    for (let level = 0; level < 25_000; level++) state = automaton.step(state!, 0x5b);
    for (let level = 0; level < 24_999; level++) state = automaton.step(state!, 0x5d);
    expect(state!.mayEnd).toBe(false);
    expect(automaton.step(state!, 0x5d)!.mayEnd).toBe(true);
  });
});

describe('a grammar is refused', () => {
  it.each([
    ['start ::= "a"', 'no rule "root"'],
    ['root ::= (', '"("'],
    ['root ::= [', 'valid'],
    ['root ::= "', 'valid'],
    ['root ::= "\\q"', 'escape'],
    ['root ::= [z-a]', 'range'],
    ['root ::= "a"{3,2}', 'times'],
    ['root ::= "a"{x}', 'not define it'],
    ['root = "a"', 'no rule "root"'],
    ['root ::= "a" }', 'end of a rule'],
    ['root ::= root "a" | "b"', 'itself'],
    ['root ::= one\none ::= "x"? two\ntwo ::= one', 'itself'],
    ['root ::= ( "a"? )* root', 'itself'],
    ['root ::= missing', '"missing"'],
    [`root ::= ${'('.repeat(500)}"a"${')'.repeat(500)}`, 'nested'],
    ['root ::= "a"{0,100000}', 'repeats'],
    [`root ::= ( ( "a"{0,2000} ){0,2000} ){0,2000}\n${Array.from({ length: 60 }, (_, index) => `r${index} ::= "b"{2000}\n`).join('')}`, 'repeats too much'],
    [`root ::= "${'a'.repeat(1_000_001)}"`, 'characters'],
    [`root ::= r0\n${Array.from({ length: 5000 }, (_, index) => `r${index} ::= r${index + 1}\n`).join('')}r5000 ::= "a"`, 'begin with one another'],
  ])('when it is none (%$)', (text, named) => {
    expect(() => new Automaton(text)).toThrowError(expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringContaining(named) as string }));
  });

  it('when it reads one text in ever more ways', () => {
    const automaton = new Automaton('root ::= "x" root "y" | "x" root "z" | ""');
    const read = () => {
      let state: State | undefined = automaton.start;
      for (let count = 0; count < 40; count++) state = automaton.step(state!, 0x78);
    };
    expect(read).toThrowError(expect.objectContaining({ code: 'INPUT_UNSUPPORTED', message: expect.stringContaining('ways') as string }));
  });
});
