import type { Work } from '@llmi/core';
import { formatBytes } from '@llmi/core/units';
import { nativeAdvantage } from './cpu-features.js';
import type { MachineSpeed } from './measure-machine.js';

/** How fast a model will be, told in advance. */
export interface ExpectedSpeed {
  unit: string; // token, text of 32 tokens
  perSecond: number;
  /** What holds it up. */
  bound: 'memory' | 'compute';
  derivation: string;
}

/** What a model's loops reach of a plain read of memory, and of the arithmetic of all vector units: measured with both runtimes. */
const memoryEfficiency = 0.65;
const computeEfficiency = 0.6;

/** Speed on the processor, all usable cores together; undefined for work that says nothing. */
export function expectedSpeed(work: Work | undefined, speed: MachineSpeed, machine: { arch: string; cpuFeatures?: readonly string[] }): ExpectedSpeed | undefined {
  if (!work || (work.bytes <= 0 && work.operations <= 0)) return undefined;
  const readable = speed.bytesPerSecond.all * memoryEfficiency;
  const computable = speed.operationsPerSecond.all * nativeAdvantage(machine.cpuFeatures, machine.arch) * computeEfficiency;
  const [reading, computing] = [work.bytes / readable, work.operations / computable]; // seconds
  const bound = reading >= computing ? 'memory' : 'compute';
  return {
    unit: work.unit,
    perSecond: 1 / Math.max(reading, computing),
    bound,
    derivation: `${work.derivation}; ${bound === 'memory' ? `${formatBytes(readable)}/s, ${memoryEfficiency} of what a plain read gets here` : `${(computable / 1e9).toFixed(0)} billion operations/s, ${computeEfficiency} of what the vector units give here`}`,
  };
}
