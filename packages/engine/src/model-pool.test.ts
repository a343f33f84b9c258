import { LlmiError, modelRequirementsSchema, type GenerateEvent } from '@llmi/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ServedModel } from './contract.js';
import type { ModelHost } from './model-host.js';
import { ModelPool, type PoolSettings } from './model-pool.js';

const gigabyte = 1e9;

function served(name: string, gigabytes = 1): ServedModel {
  const requirements = modelRequirementsSchema.parse({
    modelType: 'fake',
    modelFamily: 'fake',
    primaryLibrary: 'fake',
    memoryRequirements: { min: gigabytes, recommended: gigabytes, gpuMin: 0, gpuRecommended: 0 },
    diskBytes: 0,
  });
  return { name, temporary: false, installed: { name, requirements } as ServedModel['installed'] };
}

class FakeHost implements ModelHost {
  readonly info;
  readonly pid = undefined;
  readonly memoryBytes = undefined;
  readonly gone: Promise<LlmiError | undefined>;
  end!: (crash?: LlmiError) => void;
  disposed = false;
  ended = false;

  constructor(parallel: number) {
    this.info = { device: 'cpu', parallel };
    this.gone = new Promise((resolve) => (this.end = resolve));
  }
  // eslint-disable-next-line require-yield
  async *generate(): AsyncGenerator<GenerateEvent> {
    throw new Error('not used here');
  }
  kill() {
    this.ended = true;
    this.end();
  }
  async [Symbol.asyncDispose]() {
    this.disposed = true;
    this.ended = true;
    this.end();
  }
}

function makePool({ parallel = 1, ...settings }: Partial<PoolSettings> & { parallel?: number } = {}) {
  const hosts: FakeHost[] = [];
  const load = vi.fn<PoolSettings['load']>(async () => {
    const host = new FakeHost(parallel);
    hosts.push(host);
    return host;
  });
  return { hosts, load, pool: new ModelPool({ maxQueue: 2, keepAliveMs: 0, load, freeMemory: () => 100 * gigabyte, ...settings }) };
}

afterEach(() => vi.useRealTimers());
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('ModelPool', () => {
  it('loads a model once for everybody who asks at the same time', async () => {
    const { pool, load } = makePool({ parallel: 2 });
    const [first, second] = await Promise.all([pool.lease(served('a')), pool.lease(served('a'))]);
    expect(load).toHaveBeenCalledOnce();
    expect(first.host).toBe(second.host);
  });

  it('lets as many work as the model takes, and the rest wait their turn in order', async () => {
    const { pool } = makePool();
    const first = await pool.lease(served('a'));
    const order: string[] = [];
    const second = pool.lease(served('a')).then((lease) => (order.push('second'), lease));
    const third = pool.lease(served('a')).then((lease) => (order.push('third'), lease));
    await settle();
    expect(order).toEqual([]);
    expect(pool.statuses()[0]).toMatchObject({ active: 1, waiting: 2 });
    first[Symbol.dispose]();
    first[Symbol.dispose](); // twice is fine
    (await second)[Symbol.dispose]();
    (await third)[Symbol.dispose]();
    expect(order).toEqual(['second', 'third']);
    expect(pool.statuses()[0]).toMatchObject({ active: 0, waiting: 0 });
  });

  it('refuses what the queue cannot hold', async () => {
    const { pool } = makePool({ maxQueue: 1 });
    await pool.lease(served('a'));
    void pool.lease(served('a'));
    await settle();
    await expect(pool.lease(served('a'))).rejects.toMatchObject({ code: 'QUEUE_FULL', status: 429 });
  });

  it('lets go of a caller who leaves the queue, and of nobody else', async () => {
    const { pool } = makePool();
    const first = await pool.lease(served('a'));
    const leaving = new AbortController();
    const left = pool.lease(served('a'), { signal: leaving.signal });
    const stays = pool.lease(served('a'));
    await settle();
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    first[Symbol.dispose]();
    await expect(stays).resolves.toBeDefined();
  });

  it('gives up a load that nobody waits for any more', async () => {
    let loadSignal: AbortSignal | undefined;
    const { pool } = makePool({
      load: (_model, { signal }) => ((loadSignal = signal), new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))),
    });
    const leaving = new AbortController();
    const left = pool.lease(served('a'), { signal: leaving.signal });
    await settle();
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    expect(loadSignal?.aborted).toBe(true);
  });

  it('does not let one caller\'s leaving fail the next one', async () => {
    const { pool, load } = makePool();
    load.mockImplementationOnce((_model, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))));
    const leaving = new AbortController();
    const left = pool.lease(served('a'), { signal: leaving.signal });
    await settle();
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    await expect(pool.lease(served('a'))).resolves.toBeDefined();
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('tries again after a load that failed', async () => {
    const { pool, load } = makePool();
    load.mockRejectedValueOnce(new Error('bad day'));
    await expect(pool.lease(served('a'))).rejects.toThrow('bad day');
    await expect(pool.lease(served('a'))).resolves.toBeDefined();
  });

  it('serves the next request with a new process when the model crashed, those in the queue too', async () => {
    const { pool, hosts, load } = makePool();
    const first = await pool.lease(served('a'));
    const waiting = pool.lease(served('a'));
    await settle();
    hosts[0]!.kill();
    first[Symbol.dispose]();
    expect((await waiting).host).toBe(hosts[1]);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('makes room by unloading the least recently used idle model, never one that works', async () => {
    const loaded = new Map<string, FakeHost>();
    const { pool } = makePool({
      freeMemory: () => (2 - [...loaded.values()].filter((host) => !host.disposed).length) * gigabyte,
      load: async ({ name }) => {
        const host = new FakeHost(1);
        loaded.set(name, host);
        return host;
      },
    });
    (await pool.lease(served('idle')))[Symbol.dispose]();
    await pool.lease(served('busy'));
    await pool.lease(served('new'));
    expect(loaded.get('idle')!.disposed).toBe(true);
    expect(loaded.get('busy')!.disposed).toBe(false);
    await expect(pool.lease(served('too-much'))).rejects.toMatchObject({ code: 'MEMORY_INSUFFICIENT', status: 507 });
  });

  it('unloads an idle model after its time, not a busy one', async () => {
    vi.useFakeTimers();
    const { pool, hosts } = makePool({ keepAliveMs: 1000 });
    const lease = await pool.lease(served('a'));
    await vi.advanceTimersByTimeAsync(5000);
    expect(hosts[0]!.disposed).toBe(false);
    lease[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(1001);
    expect(hosts[0]!.disposed).toBe(true);
    expect(pool.statuses()).toEqual([]);
  });

  it('waits for the work in progress when a model is unloaded, unless forced', async () => {
    const { pool, hosts } = makePool();
    const lease = await pool.lease(served('a'));
    let unloaded = false;
    const unload = pool.unload(served('a')).then(() => (unloaded = true));
    await settle();
    expect(unloaded).toBe(false);
    lease[Symbol.dispose]();
    await unload;
    expect(hosts[0]!.disposed).toBe(true);
    await pool.lease(served('a'));
    expect(await pool.unload(served('a'), { force: true })).toBe(true);
    expect(await pool.unload(served('a'))).toBe(false);
  });

  it('takes no more requests once it is closed', async () => {
    const { pool } = makePool();
    await pool.close();
    await expect(pool.lease(served('a'))).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('gives back a model that a load ending too late still delivers', async () => {
    let finish: ((host: FakeHost) => void) | undefined;
    const { pool } = makePool({ load: () => new Promise((resolve) => (finish = resolve)) });
    const leaving = new AbortController();
    const left = pool.lease(served('a'), { signal: leaving.signal });
    await settle();
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    const host = new FakeHost(1);
    finish!(host);
    await settle();
    expect(host.disposed).toBe(true);
    expect(pool.statuses()).toEqual([]);
  });

  it('keeps no other model waiting for long for one that hangs while it loads', async () => {
    vi.useFakeTimers();
    const { pool, load } = makePool();
    load.mockImplementationOnce(() => new Promise(() => {}));
    void pool.lease(served('hanging'));
    let third = false;
    void pool.lease(served('b')).then(() => (third = true));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(third).toBe(false);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(third).toBe(true);
  });

  it('lets a model that needs no memory here wait for no other load', async () => {
    const { pool, load } = makePool();
    load.mockImplementationOnce(() => new Promise(() => {}));
    void pool.lease(served('loading'));
    await settle();
    await expect(pool.lease(served('remote', 0))).resolves.toBeDefined();
  });

  it('leaves the line for memory without evicting anything when it is given up before its turn', async () => {
    const { pool, load } = makePool();
    let finish: (() => void) | undefined;
    load.mockImplementationOnce(() => new Promise((resolve) => (finish = () => resolve(new FakeHost(1)))));
    const first = pool.lease(served('a'));
    const leaving = new AbortController();
    const second = pool.lease(served('b'), { signal: leaving.signal });
    await settle();
    leaving.abort(new Error('left'));
    await expect(second).rejects.toThrow('left');
    finish!();
    await first;
    await settle();
    expect(load).toHaveBeenCalledOnce();
  });

  it('unloads nothing for a model that could not fit even then', async () => {
    const { pool, hosts } = makePool({ freeMemory: () => gigabyte });
    (await pool.lease(served('idle')))[Symbol.dispose]();
    await expect(pool.lease(served('giant', 50))).rejects.toMatchObject({ code: 'MEMORY_INSUFFICIENT' });
    expect(hosts[0]!.disposed).toBe(false);
  });

  it('waits for the memory of a model that is being unloaded', async () => {
    const hosts: FakeHost[] = [];
    const { pool } = makePool({
      freeMemory: () => (1 - hosts.filter((host) => !host.disposed).length) * gigabyte,
      load: async () => (hosts.push(new FakeHost(1)), hosts.at(-1)!),
    });
    const working = await pool.lease(served('a'));
    const unload = pool.unload(served('a'));
    const next = pool.lease(served('b'));
    await settle();
    expect(hosts).toHaveLength(1);
    working[Symbol.dispose]();
    await unload;
    expect((await next).host).toBe(hosts[1]);
  });

  it('ends models that are still working after an unload, too, when it is closed', async () => {
    const { pool, hosts } = makePool();
    await pool.lease(served('a'));
    void pool.unload(served('a'));
    await pool.lease(served('a'));
    await pool.close({ force: true });
    expect(hosts.map(({ ended }) => ended)).toEqual([true, true]);
  });

  it('waits for a new process when the old one takes no more requests but is not gone yet', async () => {
    const { pool, hosts } = makePool();
    (await pool.lease(served('a')))[Symbol.dispose]();
    hosts[0]!.ended = true;
    const next = pool.lease(served('a'));
    await settle();
    expect(hosts).toHaveLength(1);
    hosts[0]!.end();
    expect((await next).host).toBe(hosts[1]);
  });

  it('keeps an installed model under a new name, and loads it anew when it was installed anew', async () => {
    const { pool, load } = makePool();
    const at = (name: string, installedAt: string): ServedModel => {
      const model = served(name);
      return { ...model, installed: { ...model.installed, folder: '/home/models/a', installedAt } };
    };
    (await pool.lease(at('a', 'monday')))[Symbol.dispose]();
    (await pool.lease(at('a:Q8_0', 'monday')))[Symbol.dispose]();
    expect(load).toHaveBeenCalledOnce();
    expect(pool.statuses()).toMatchObject([{ name: 'a:Q8_0' }]);
    (await pool.lease(at('a:Q8_0', 'tuesday')))[Symbol.dispose]();
    expect(load).toHaveBeenCalledTimes(2);
    expect(await pool.unload(at('a', 'tuesday'))).toBe(true);
  });

  it('refuses what would wait behind a load when the queue is full', async () => {
    const { pool, load } = makePool({ maxQueue: 1 });
    load.mockImplementationOnce(() => new Promise(() => {}));
    void pool.lease(served('a'));
    void pool.lease(served('a'));
    await expect(pool.lease(served('a'))).rejects.toMatchObject({ code: 'QUEUE_FULL' });
  });
});

describe('a model that crashes', () => {
  it('is started again each time as long as it answers between its crashes', async () => {
    const { hosts, pool, load } = makePool();
    for (let round = 1; round <= 7; round++) {
      const lease = await pool.lease(served('a'));
      lease.answered();
      hosts.at(-1)!.end(new LlmiError('RUNNER_CRASHED', { message: 'It was ended by SIGKILL.' }));
      await settle();
      lease[Symbol.dispose]();
      expect(load).toHaveBeenCalledTimes(round);
    }
  });

  it('is fenced after five crashes in a row', async () => {
    const failing = vi.fn<PoolSettings['load']>(async () => {
      throw new LlmiError('RUNNER_CRASHED', { message: 'It was ended by SIGSEGV.' });
    });
    const { pool } = makePool({ load: failing });
    for (let crash = 1; crash <= 5; crash++) await expect(pool.lease(served('a'))).rejects.toMatchObject({ code: 'RUNNER_CRASHED', message: expect.stringContaining('SIGSEGV') as unknown });
    for (const _asked of [1, 2]) await expect(pool.lease(served('a'))).rejects.toMatchObject({ message: expect.stringMatching(/crashed 5 times in a row and is left alone/) as unknown }); // asking makes it no longer
    expect(failing).toHaveBeenCalledTimes(5);
    await pool.unload(served('a'));
    await expect(pool.lease(served('a'))).rejects.toMatchObject({ message: expect.not.stringContaining('left alone') as unknown });
    expect(failing).toHaveBeenCalledTimes(6);
  }, 20_000);
});

it('a pinned model stays, whatever else needs the room, until it is unloaded', async () => {
  let free = 10 * gigabyte;
  const { hosts, pool } = makePool({ freeMemory: () => free });
  (await pool.lease(served('kept', 6), { pinned: true }))[Symbol.dispose]();
  free = 4 * gigabyte;
  await expect(pool.lease(served('large', 8))).rejects.toMatchObject({ code: 'MEMORY_INSUFFICIENT' });
  expect(pool.statuses()).toMatchObject([{ name: 'kept', pinned: true }]);
  expect(hosts[0]!.disposed).toBe(false);
  expect(await pool.unload(served('kept'))).toBe(true);
  expect(hosts[0]!.disposed).toBe(true);
});

it('clients of one model take turns', async () => {
  const { pool } = makePool({ maxQueue: 10 });
  const order: string[] = [];
  const ask = (client: string) => pool.lease(served('a'), { client }).then((lease) => (order.push(client), lease[Symbol.dispose]()));
  const first = await pool.lease(served('a'), { client: 'many' });
  const all = [ask('many'), ask('many'), ask('many'), ask('one')];
  await settle();
  first[Symbol.dispose]();
  await Promise.all(all);
  expect(order).toEqual(['one', 'many', 'many', 'many']);
});
