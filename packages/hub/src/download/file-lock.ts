import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { diskError, makeFolder } from './disk.js';

const pollMs = 200;
const heartbeatMs = 5_000;
const staleMs = 30_000; // six heartbeats missed: the owner is gone, or on a machine that is

const ownerSchema = z.object({ pid: z.int(), host: z.string(), id: z.string() });

export interface LockOptions {
  signal?: AbortSignal;
  /** Called each time that the lock is found taken. */
  onWait?: () => void;
}

/**
 * A lock between processes: a file that names its owner, kept fresh while it is held. Waits until it is free. The lock of a process
 * that was killed is taken over at once on the same machine, after 30 seconds from another one.
 *
 * Two owners at the same time are possible for a moment when a lock is taken over twice; what it guards must survive that. (A
 * download does: both write the same bytes at the same places, and each proves its own.)
 */
export async function acquireLock(path: string, { signal, onWait }: LockOptions = {}): Promise<AsyncDisposable> {
  for (;;) {
    signal?.throwIfAborted();
    const lock = await tryLock(path);
    if (lock) return lock;
    onWait?.();
    await sleep(pollMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** The lock, or undefined while another process, or another part of this one, holds it. */
export async function tryLock(path: string): Promise<AsyncDisposable | undefined> {
  const owner = { pid: process.pid, host: hostname(), id: randomUUID() };
  await makeFolder(dirname(path));
  if (await create(path, JSON.stringify(owner))) return held(path, owner.id);
  if (!(await isAbandoned(path))) return undefined;
  await removeAbandoned(path);
  return (await create(path, JSON.stringify(owner))) ? held(path, owner.id) : undefined;
}

async function create(path: string, content: string): Promise<boolean> {
  try {
    await using handle = await open(path, 'wx');
    await handle.writeFile(content);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw diskError(error, path);
  }
}

function held(path: string, id: string): AsyncDisposable {
  const heartbeat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), heartbeatMs);
  heartbeat.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(heartbeat);
      const owner = await readOwner(path);
      if (owner?.id === id) await rm(path, { force: true });
    },
  };
}

async function readOwner(path: string): Promise<z.infer<typeof ownerSchema> | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return undefined; // gone, or not yet written
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  if (!status) return false; // released just now
  if (Date.now() - status.mtimeMs > staleMs) return true;
  const owner = await readOwner(path);
  return owner?.host === hostname() && !isAlive(owner.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // alive, and somebody else's
  }
}

/** Renaming first makes sure that of several who found the lock abandoned only one removes it. */
async function removeAbandoned(path: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => undefined);
  await rm(aside, { force: true });
}
