import { describe, expect, it } from 'vitest';
import { writeError } from './errors.js';

describe('an error of writing', () => {
  it.each([
    ['ENOSPC', 'DISK_FULL'], ['EDQUOT', 'DISK_FULL'], ['EACCES', 'PERMISSION_DENIED'], ['EROFS', 'PERMISSION_DENIED'], ['ENOENT', 'MODEL_NOT_FOUND'],
  ])('%s is %s, with what to do and the cause kept', (code, ours) => {
    const cause = Object.assign(new Error(code), { code });
    expect(writeError(cause, 'a.gguf')).toMatchObject({ code: ours, message: expect.stringContaining('a.gguf'), hint: expect.stringMatching(/\.$/), cause });
  });

  it('of another kind stays as it is', () => {
    const cause = new Error('aborted');
    expect(writeError(cause, 'a.gguf')).toBe(cause);
  });
});
