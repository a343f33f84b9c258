import { describe, expect, it } from 'vitest';
import { resolveByModel } from './by-model.js';

describe('settings by model', () => {
  it('are those of the configuration, and the flags change them', () => {
    expect(resolveByModel('replicas', new Map([['org/a:Q8_0', 3], ['b', 2]]), { replicas: ['org/a:Q8_0=4', 'c=1'] })).toEqual({ 'org/a:Q8_0': 4, b: 2, c: 1 });
    expect(resolveByModel('drafts', new Map([['big', 'small']]), { draft: ['other=./small.gguf'] })).toEqual({ big: 'small', other: './small.gguf' });
  });

  it.each(['model', 'model=', '=2', 'model=0', 'model=two', 'model=1.5', 'model=1000'])('refuse %s as a number of replicas', (flag) => {
    expect(() => resolveByModel('replicas', new Map(), { replicas: [flag] })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', hint: expect.stringMatching(/\w/) as string }) as Error);
  });

  it.each(['model', 'model=', '=small', 'model= '])('refuse %s as a draft', (flag) => {
    expect(() => resolveByModel('drafts', new Map(), { draft: [flag] })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error);
  });
});
