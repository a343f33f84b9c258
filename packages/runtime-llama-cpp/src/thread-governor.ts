import { cpus } from 'node:os';
import type { LlamaContext } from 'node-llama-cpp';
import { useThreads } from './native.js';

/** Between two looks at the machine: long enough for the system's counters, short enough to follow a person's other programs. */
const lookEveryMs = 250;
/** A look back further than this goes beyond the work in progress. */
const longestViewMs = 1000;

/** What the cores and this process did since some moment, in milliseconds. */
export interface LoadSample {
  busy: number; // of all cores, by all processes
  total: number; // of all cores
  own: number; // of all cores, by this process
  cores: number;
}

/**
 * How many threads to compute with beside other processes: as many as there are cores that nobody else uses. llama.cpp's threads wait
 * for each other after every operation, so one that shares its core holds up all others.
 *
 * @param wanted most threads
 */
export function fittingThreads(wanted: number, since: LoadSample, now: LoadSample): number {
  const total = now.total - since.total;
  if (total <= 0) return wanted;
  const perCore = total / now.cores; // time that one core had
  const others = Math.max(0, now.busy - since.busy - (now.own - since.own)) / perCore; // cores that others keep busy
  const free = now.cores - others;
  // A core that others use for less than a half is worth having.
  return Math.max(1, Math.min(wanted, Math.floor(free + 0.5)));
}

/** Keeps the threads of a context at what the machine has free while it works. */
export class ThreadGovernor {
  #last = sample();
  #lookedAt = performance.now();

  constructor(
    private readonly context: LlamaContext,
    private readonly wanted: number,
  ) {}

  /** Looks at the load if it is time to, and adapts. Called for every token: it must cost nothing when it is not. */
  look(): void {
    const now = performance.now();
    if (now - this.#lookedAt < lookEveryMs) return;
    const pauseMs = now - this.#lookedAt;
    this.#lookedAt = now;
    const current = sample();
    // What others did while nothing was generated says nothing of now: all threads, until the next look.
    useThreads(this.context, pauseMs > longestViewMs ? this.wanted : fittingThreads(this.wanted, this.#last, current));
    this.#last = current;
  }
}

function sample(): LoadSample {
  let [busy, total] = [0, 0];
  const cores = cpus();
  for (const { times } of cores) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    total += all;
    busy += all - times.idle;
  }
  const { user, system } = process.cpuUsage(); // microseconds
  return { busy, total, own: (user + system) / 1000, cores: cores.length };
}
