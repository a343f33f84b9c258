import { spawnSync } from 'node:child_process';
import { access, mkdtemp, readdir, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { acquireLock } from './file-lock.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'llmi-lock-'));
  path = join(folder, 'locks', 'x.lock');
});

it('lets one in at a time, and leaves nothing behind', async () => {
  let [inside, most] = [0, 0];
  const work = async () => {
    await using _lock = await acquireLock(path);
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inside--;
  };
  await Promise.all([work(), work(), work()]);
  expect(most).toBe(1);
  expect(await readdir(join(folder, 'locks'))).toEqual([]);
});

it('waits until it is told to stop', async () => {
  await using _lock = await acquireLock(path);
  const stop = new AbortController();
  const reason = new Error('enough');
  await expect(acquireLock(path, { signal: stop.signal, onWait: () => stop.abort(reason) })).rejects.toBe(reason);
  await access(path);
});

it('takes over from a process that is gone at once, and from another machine after a while', async () => {
  await acquireLock(path).then((lock) => lock[Symbol.asyncDispose]()); // makes the folder
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  await writeFile(path, JSON.stringify({ pid, host: hostname(), id: 'gone' }));
  await (await acquireLock(path))[Symbol.asyncDispose]();
  await writeFile(path, JSON.stringify({ pid: 1, host: 'another-machine', id: 'silent' }));
  await expect(acquireLock(path, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'TimeoutError' });
  await utimes(path, new Date(), new Date(Date.now() - 60_000));
  await (await acquireLock(path))[Symbol.asyncDispose]();
});
