import { describe, expect, it } from 'vitest';
import { resolveRemotes } from './remotes.js';

const surroundings = { env: { LLMI_REMOTE_KEY_BIG_BOX: 'secret' }, cwd: '/', userHome: '/' } as never;
const resolve = (flags: string[], configured: Record<string, string> = {}) => resolveRemotes(new Map(Object.entries(configured)), flags, surroundings);

describe('remote engines', () => {
  it('are those of the configuration and of the flags, which come first', () => {
    expect(resolve(['big-box=http://a:1/v1/#weight=2&model=org/m&task=text-to-image&timeout=9', 'b=https://b'], { 'big-box': 'http://old', c: 'http://c:1, http://c:2' })).toEqual([
      { name: 'c', url: 'http://c:1' },
      { name: 'c', url: 'http://c:2' },
      { name: 'big-box', url: 'http://a:1/v1', apiKey: 'secret', weight: 2, model: 'org/m', task: 'text-to-image', timeoutSeconds: 9 },
      { name: 'b', url: 'https://b' },
    ]);
  });

  it.each([
    ['no name', 'http://a:1'],
    ['no address', 'a'],
    ['another protocol', 'a=ftp://a'],
    ['a password in the address', 'a=http://user:password@a'],
    ['an unknown setting', 'a=http://a#wieght=2'],
    ['a weight of nothing', 'a=http://a#weight=0'],
  ])('are refused with %s', (_what, flag) => {
    expect(() => resolve([flag])).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', hint: expect.stringMatching(/\w/) as string }) as Error);
  });
});
