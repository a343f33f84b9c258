import { describe, expect, it } from 'vitest';
import { parseWeights } from './parse-weights.js';

/** `text@weight`, with | before a text that starts a chunk. */
const parse = (prompt: string) => parseWeights(prompt).map(({ text, weight, startsChunk }) => `${startsChunk ? '|' : ''}${text}@${Number(weight.toFixed(6))}`);

describe('parseWeights', () => {
  it.each([
    ['plain text', ['plain text@1']],
    ['', []],
    ['a (house:1.3) b', ['a @1', 'house@1.3', ' b@1']],
    ['(a) ((b)) [c]', ['a@1.1', ' @1', 'b@1.21', ' @1', 'c@0.909091']],
    ['an (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).', ['an @1', 'house@1.573', ' @1.1', 'on@1', ' a @1.1', 'hill@0.55', ', sun, @1.1', 'sky@1.4641', '.@1.1']],
    ['(unbalanced', ['unbalanced@1.1']],
    ['un)balanced] 12:30 (a:b)', ['un)balanced] 12:30 @1', 'a:b@1.1']],
    [String.raw`\(text\) \[x\] \\ \n`, [String.raw`(text) [x] \ \n@1`]],
    ['(a:-.5) (b: 2 )(c:1.)', ['a@-0.5', ' @1', 'b@2', 'c@1']],
    ['(a:1.2.3)', ['a:1.2.3@1.1']],
    ['x:1.3) y', ['x:1.3) y@1']],
    ['a BREAK b BREAKING', ['a @1', '| b BREAKING@1']],
    ['(a BREAK b:2)', ['a @2', '| b@2']],
    ['([a)b]', ['a@1', 'b@0.909091']],
    ['()(:2)[]', []],
    ['a\n(b)', ['a\n@1', 'b@1.1']],
  ])('%j', (prompt, expected) => {
    expect(parse(prompt)).toEqual(expected);
  });

  it('takes long prompts, and refuses brackets without end', () => {
    expect(parseWeights('(a) '.repeat(25_000))).toHaveLength(50_000);
    expect(parseWeights(' '.repeat(100_000))).toHaveLength(1);
    expect(parseWeights(':'.repeat(100_000))).toHaveLength(1);
    expect(() => parseWeights('(a'.repeat(50_000))).toThrow(expect.objectContaining({ code: 'INPUT_INVALID', param: 'prompt' }));
  });
});
