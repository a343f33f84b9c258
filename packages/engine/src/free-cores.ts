import { cpus, type CpuInfo } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { usableCores } from './machine.js';

/** Long enough to tell a busy core from an idle one by clocks that tick every 10 ms. */
const sampleMs = 60;

/**
 * Compute threads for a model that is about to be loaded: the usable cores that nobody else works on now, at least one. One
 * thread more than there are free cores makes decoding several times slower, since every step waits for the slowest thread.
 */
export async function freeCores(): Promise<number> {
  const [before, own] = [cpus(), process.cpuUsage()];
  const [usable] = await Promise.all([usableCores(), wait(sampleMs)]);
  const { user, system } = process.cpuUsage(own); // microseconds
  const idle = idleCores(before, cpus()) + (user + system) / (sampleMs * 1000);
  return Math.max(1, Math.min(usable, Math.round(idle)));
}

/** How many cores were idle between two samples of all cores' clocks. A system that tells no times counts as idle. */
export function idleCores(before: readonly CpuInfo[], after: readonly CpuInfo[]): number {
  return after.reduce((sum, { times }, core) => {
    const start = before[core]?.times;
    const total = start ? totalOf(times) - totalOf(start) : 0;
    return sum + (start && total > 0 ? (times.idle - start.idle) / total : 1);
  }, 0);
}

function totalOf({ user, nice, sys, idle, irq }: CpuInfo['times']): number {
  return user + nice + sys + idle + irq;
}
