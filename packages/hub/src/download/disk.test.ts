import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { diskError, requireSpace } from './disk.js';

it.each([
  ['ENOSPC', 'DISK_FULL'], ['EDQUOT', 'DISK_FULL'], ['EACCES', 'PERMISSION_DENIED'], ['EROFS', 'PERMISSION_DENIED'],
])('%s is %s, with the folder and the cause', (code, expected) => {
  const cause = Object.assign(new Error('system'), { code });
  expect(diskError(cause, '/somewhere')).toMatchObject({ code: expected, cause, message: expect.stringContaining('/somewhere'), hint: expect.any(String) });
});

it('leaves other errors as they are', () => {
  const error = new Error('other');
  expect(diskError(error, '/somewhere')).toBe(error);
});

const folder = join(tmpdir(), 'not-made', 'yet');

it('refuses more bytes than are free, also where the folder is not made yet', async () => {
  await expect(requireSpace(folder, 1e18)).rejects.toMatchObject({ code: 'DISK_FULL', message: expect.stringMatching(/1000000 TB are to be downloaded/) });
  await expect(requireSpace(folder, 1)).resolves.toBeUndefined();
});
