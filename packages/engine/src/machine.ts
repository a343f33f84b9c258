import { execFile } from 'node:child_process';
import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { MachineInfo } from './contract.js';
import { cpuFeatures } from './probe/cpu-features.js';

/** What this machine has. `folder` (or the nearest one above that exists) decides whose disk is meant. */
export async function readMachine(folder: string): Promise<MachineInfo> {
  const [cores, diskFreeBytes, gpus, features] = await Promise.all([usableCores(), freeDisk(folder), listGpus(), cpuFeatures()]);
  return {
    platform: process.platform,
    arch: process.arch,
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    ...(features ? { cpuFeatures: features } : {}),
    cores,
    memoryTotalBytes: totalMemory(),
    memoryFreeBytes: freeMemory(),
    diskFreeBytes,
    nodeVersion: process.versions.node,
    gpus,
  };
}

/** Memory a new model can take: what the system can free at once, within the limit of a container. */
export function freeMemory(): number {
  return process.availableMemory?.() ?? freemem();
}

function totalMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}

/** Cores this process may use: its affinity, and the CPU quota of its container (cgroup v2), rounded up. */
export async function usableCores(): Promise<number> {
  const allowed = availableParallelism();
  const quota = await readFile('/sys/fs/cgroup/cpu.max', 'utf8').catch(() => 'max');
  const [limit, period] = quota.trim().split(' ').map(Number); // "max 100000" or "150000 100000", in microseconds
  if (!limit || !period) return allowed;
  return Math.max(1, Math.min(allowed, Math.ceil(limit / period)));
}

async function freeDisk(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    const parent = dirname(folder);
    return parent === folder ? 0 : freeDisk(parent);
  }
}

/** NVIDIA GPUs by their own tool; other makers' are found by the runtimes when a model is loaded. */
async function listGpus(): Promise<MachineInfo['gpus']> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', ['--query-gpu=name,memory.total,memory.free', '--format=csv,noheader,nounits'], { timeout: 3000 });
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.split(', '))
      .map(([name = 'NVIDIA GPU', total, free]) => ({ name, memoryBytes: Number(total) * 2 ** 20, memoryFreeBytes: Number(free) * 2 ** 20 })); // in MiB
  } catch {
    return []; // no such tool: no such GPU
  }
}
