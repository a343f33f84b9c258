import { describe, expect, it } from 'vitest';
import { resolveReplicas } from './replicas.js';

describe('replicas', () => {
  it('are those of the configuration, and the flags change them', () => {
    expect(resolveReplicas(new Map([['org/a:Q8_0', 3], ['b', 2]]), ['org/a:Q8_0=4', 'c=1'])).toEqual({ 'org/a:Q8_0': 4, b: 2, c: 1 });
  });

  it.each(['model', 'model=', '=2', 'model=0', 'model=two', 'model=1.5', 'model=1000'])('are refused as %s', (flag) => {
    expect(() => resolveReplicas(new Map(), [flag])).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', hint: expect.stringMatching(/\w/) as string }) as Error);
  });
});
