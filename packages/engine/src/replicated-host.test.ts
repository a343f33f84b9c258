import { LlmiError, type GenerateEvent } from '@llmi/core';
import { describe, expect, it, vi } from 'vitest';
import type { ModelHost } from './model-host.js';
import { openReplicas, type ReplicaSettings } from './replicated-host.js';

class FakeHost implements ModelHost {
  readonly memoryBytes = 10;
  readonly gone: Promise<LlmiError | undefined>;
  ended = false;
  #leave!: (crash: LlmiError | undefined) => void;

  constructor(
    readonly pid: number,
    readonly info = { device: 'cpu', parallel: 2 },
  ) {
    this.gone = new Promise((resolve) => (this.#leave = resolve));
  }
  async *generate(): AsyncGenerator<GenerateEvent> {
    yield { type: 'text', token: String(this.pid) };
    yield { type: 'text', token: 'more' };
  }
  end(crash?: LlmiError): void {
    this.ended = true;
    this.#leave(crash);
  }
  kill(): void {
    this.end();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
  }
}

const crash = () => new LlmiError('RUNNER_CRASHED', { message: 'It was ended by SIGKILL.' });
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function open(count: number, load?: ReplicaSettings['load']) {
  const hosts: FakeHost[] = [];
  const settings = {
    count,
    load: vi.fn<ReplicaSettings['load']>(load ?? (async () => (hosts.push(new FakeHost(hosts.length + 1)), hosts.at(-1)!))),
    onCrash: vi.fn<ReplicaSettings['onCrash']>(),
    onFailure: vi.fn<ReplicaSettings['onFailure']>(),
    onRoom: vi.fn<ReplicaSettings['onRoom']>(),
  };
  const host = await openReplicas(settings, new AbortController().signal);
  await settle();
  return { host, hosts, settings };
}

async function begin(host: ModelHost) {
  const events = host.generate({}, {})[Symbol.asyncIterator]();
  const { value } = await events.next();
  return { by: (value as { token: string }).token, end: () => events.return!() };
}

describe('replicas', () => {
  it('are the model itself where there is to be one', async () => {
    const { host, hosts } = await open(1);
    expect(host).toBe(hosts[0]);
  });

  it('have the places and the memory of all, and take turns by how busy they are', async () => {
    const { host, settings } = await open(3);
    expect(host).toMatchObject({ pid: 1, memoryBytes: 30, info: { device: 'cpu', parallel: 6 }, ended: false });
    expect(settings.onRoom).toHaveBeenCalledTimes(2);
    const begun = [await begin(host), await begin(host), await begin(host)];
    expect(begun.map(({ by }) => by)).toEqual(['1', '2', '3']);
    await begun[1]!.end();
    expect((await begin(host)).by).toBe('2');
    expect(host.replicas!.map(({ active }) => active)).toEqual([1, 1, 1]);
  });

  it('are started again one by one, and end as a whole when the last one is gone', async () => {
    const { host, hosts, settings } = await open(2);
    hosts[0]!.end(crash());
    await settle();
    expect(settings.onCrash).toHaveBeenCalledOnce();
    expect(settings.load.mock.calls.map(([index]) => index)).toEqual([1, 2, 1]);
    expect(host.replicas!.map(({ pid }) => pid)).toEqual([2, 3]);
    settings.load.mockImplementation((_index, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))));
    hosts[1]!.end(crash());
    await settle();
    expect([host.ended, host.info.parallel]).toEqual([false, 2]);
    hosts[2]!.end(crash());
    await expect(host.gone).resolves.toMatchObject({ code: 'RUNNER_CRASHED' });
    expect(host.ended).toBe(true);
    await expect(begin(host)).rejects.toMatchObject({ code: 'RUNNER_CRASHED' });
  });

  it('that cannot be started are tried again, and the others work', async () => {
    const second = new FakeHost(2);
    let tries = 0;
    const { host, settings } = await open(2, async (index) => {
      if (index === 1) return new FakeHost(1);
      if (++tries === 1) throw new LlmiError('MEMORY_INSUFFICIENT', { message: 'There is no room.' });
      return second;
    });
    expect(settings.onFailure).toHaveBeenCalledWith(2, expect.objectContaining({ code: 'MEMORY_INSUFFICIENT' }));
    expect((await begin(host)).by).toBe('1');
    await vi.waitFor(() => expect(host.replicas).toHaveLength(2), { timeout: 5000 });
    expect(settings.onRoom).toHaveBeenCalledOnce();
  });

  it.each(['dispose', 'kill'] as const)('still starting are given up by %s, and the model is gone only when they are', async (how) => {
    let fail!: () => void;
    const { host } = await open(2, async (index) => (index === 1 ? new FakeHost(1) : new Promise((_resolve, reject) => (fail = () => reject(new Error('aborted'))))));
    let gone = false;
    void host.gone.then(() => (gone = true));
    if (how === 'kill') host.kill();
    else await host[Symbol.asyncDispose]();
    await settle();
    expect([host.ended, gone]).toEqual([true, false]);
    fail();
    await settle();
    expect(gone).toBe(true);
  });
});
