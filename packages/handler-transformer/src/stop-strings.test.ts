import { describe, expect, it } from 'vitest';
import { StopStrings } from './stop-strings.js';

/** What comes out of pieces, piece by piece, and at the end. */
function run(stops: string[], pieces: string[]): { shown: string[]; stopped: boolean } {
  const checker = new StopStrings(stops);
  const shown: string[] = [];
  for (const piece of pieces) {
    const { text, stop } = checker.push(piece);
    shown.push(text);
    if (stop !== undefined) return { shown, stopped: true };
  }
  return { shown: [...shown, checker.end()], stopped: false };
}

describe('stop strings', () => {
  it('end the text before them, over any border of tokens', () => {
    expect(run(['END'], ['a E', 'N', 'D b'])).toEqual({ shown: ['a ', '', ''], stopped: true });
    expect(run(['END'], ['oneEND'])).toEqual({ shown: ['one'], stopped: true });
  });

  it('are not confused by a false start', () => {
    expect(run(['END'], ['E', 'N', 'x', 'E'])).toEqual({ shown: ['', '', 'ENx', '', 'E'], stopped: false });
    expect(run(['aab'], ['aa', 'ab'])).toEqual({ shown: ['', 'a'], stopped: true });
  });

  it('end at the first of several', () => {
    expect(run(['b', 'ab'], ['xab'])).toEqual({ shown: ['x'], stopped: true });
    expect(run(['\nuser:', '\n'], ['hi', '\nuser:'])).toEqual({ shown: ['hi', ''], stopped: true });
  });

  it('let text through at once where there are none', () => {
    expect(run([], ['a', 'b'])).toEqual({ shown: ['a', 'b', ''], stopped: false });
  });

  it('never hold back more than a stop string is long', () => {
    const checker = new StopStrings(['aaaa']);
    expect(checker.push('b'.repeat(1000) + 'aaa').text).toHaveLength(1000);
  });
});
