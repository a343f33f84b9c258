import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freeCores } from '../free-cores.js';
import { measureMachine, type MachineSpeed } from './measure-machine.js';

/** What tells one machine from another, as far as speed goes. */
export interface MachineIdentity {
  platform: string;
  arch: string;
  cpuModel: string;
  cores: number;
  memoryTotalBytes: number;
}

interface Kept {
  machine: string;
  speed: MachineSpeed;
}

const fileName = 'machine-speed.json';
/** A change of how it is measured makes what was kept useless. */
const measureVersion = 1;

/**
 * The speed of this machine: what was measured once and kept in the llmi home, else measured now, for about half a second. A figure
 * measured while others used the cores is given but not kept. Undefined where it cannot be measured.
 */
export async function machineSpeed(home: string, identity: MachineIdentity, measure: (cores: number) => Promise<MachineSpeed> = measureHere): Promise<MachineSpeed | undefined> {
  const machine = nameOf(identity);
  const path = join(home, fileName);
  const kept = await readKept(path);
  if (kept?.machine === machine) return kept.speed;
  const free = await freeCores();
  const speed = await measure(identity.cores);
  if (speed.bytesPerSecond.all === 0) return undefined;
  if (free >= identity.cores) await keep(path, { machine, speed });
  return speed;
}

function measureHere(cores: number): Promise<MachineSpeed> {
  return measureMachine(cores, new URL('./probe-worker.js', import.meta.url));
}

/** Memory in whole GB: the kernel's share of it changes with every update. */
function nameOf({ platform, arch, cpuModel, cores, memoryTotalBytes }: MachineIdentity): string {
  return [measureVersion, platform, arch, cpuModel, cores, Math.round(memoryTotalBytes / 1e9)].join(' | ');
}

/** A file that is no longer what was written counts as none. */
async function readKept(path: string): Promise<Kept | undefined> {
  try {
    const { machine, speed } = JSON.parse(await readFile(path, 'utf8')) as Partial<Kept>;
    const figures = [speed?.bytesPerSecond.one, speed?.bytesPerSecond.all, speed?.operationsPerSecond.one, speed?.operationsPerSecond.all];
    return typeof machine === 'string' && figures.every((figure) => typeof figure === 'number' && figure > 0) ? { machine, speed: speed! } : undefined;
  } catch {
    return undefined;
  }
}

/** Two processes may write at the same time; each writes a whole file. A home that cannot be written to costs the next measurement. */
async function keep(path: string, kept: Kept): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  try {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(part, `${JSON.stringify(kept, null, 2)}\n`);
    await rename(part, path);
  } catch {
    return;
  }
}
