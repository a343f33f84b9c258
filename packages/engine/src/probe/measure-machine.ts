import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { freeMemory } from '../machine.js';
import type { CoreSpeed } from './measure-core.js';

/** How fast this machine is at what models do most. */
export interface MachineSpeed {
  /** Bytes per second that one core, and all usable cores together, read from memory. */
  bytesPerSecond: { one: number; all: number };
  /** The same for multiplications and additions in WebAssembly. */
  operationsPerSecond: { one: number; all: number };
}

const mostBufferBytes = 64 << 20; // of one thread: beyond the last-level cache of most machines
const mostTogetherBytes = 384 << 20;
const memoryShare = 1 / 8; // of what is free: measuring must not push anything out
const mostThreads = 16; // memory gives no more from there on

/** Measures one core, then all of them at the same time: together about half a second, in threads of their own. */
export async function measureMachine(cores: number, worker: URL): Promise<MachineSpeed> {
  const one = await measureTogether(1, worker);
  const all = cores === 1 ? one : await measureTogether(Math.min(cores, mostThreads), worker);
  const scale = Math.max(1, cores / mostThreads);
  const sum = (name: keyof CoreSpeed) => all.reduce((total, speed) => total + speed[name], 0);
  return {
    bytesPerSecond: { one: one[0]!.bytesPerSecond, all: sum('bytesPerSecond') },
    operationsPerSecond: { one: one[0]!.operationsPerSecond, all: sum('operationsPerSecond') * scale },
  };
}

async function measureTogether(threads: number, worker: URL): Promise<CoreSpeed[]> {
  const bufferBytes = Math.floor(Math.min(mostBufferBytes, mostTogetherBytes / threads, (freeMemory() * memoryShare) / threads));
  const workers = Array.from({ length: threads }, () => new Worker(worker, { workerData: { bufferBytes }, execArgv: [] }));
  try {
    await Promise.all(workers.map((thread) => once(thread, 'message')));
    const answers = workers.map((thread) => once(thread, 'message') as Promise<[CoreSpeed]>);
    for (const thread of workers) thread.postMessage('go');
    return (await Promise.all(answers)).map(([speed]) => speed);
  } finally {
    await Promise.all(workers.map((thread) => thread.terminate()));
  }
}
