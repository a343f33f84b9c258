import { access, constants, mkdir } from 'node:fs/promises';
import type { HandlerRegistry } from '@llmi/core';
import { formatBytes } from '@llmi/core/units';
import type { DoctorItem, Engine } from '../contract.js';
import { readMachine } from '../machine.js';
import type { Settings } from '../settings.js';
import { examineModelCache } from './cache.js';
import { examineHub } from './hub.js';
import { ok, problem, warning } from './item.js';
import { examineModel } from './model.js';

/** Looks at everything a model needs to run here. Each problem comes with its cure. */
export async function examine(settings: Settings, registry: HandlerRegistry, { models, broken }: Awaited<ReturnType<Engine['list']>>): Promise<DoctorItem[]> {
  const items = [
    ...(await examineMachine(settings)),
    await examineFolder('llmi home', settings.home, 'LLMI_HOME'),
    await examineFolder('model cache', settings.hub.cacheDir, 'HF_HOME'),
    ...(await examineModelCache(settings.hub.cacheDir)),
    ...(await examineHub(settings)),
    ...examineHandlers(registry),
    ...broken.map(({ folder, error }) => problem(`model folder ${folder}`, error.message, `Mend it: llmi fix ${folder}`)),
  ];
  for (const model of models) items.push(...(await examineModel(model, registry)));
  return [...new Map(items.map((item) => [`${item.name}: ${item.detail}`, item])).values()]; // two models may need the same driver
}

async function examineMachine(settings: Settings): Promise<DoctorItem[]> {
  const machine = await readMachine(settings.home);
  const [major = 0, minor = 0] = machine.nodeVersion.split('.').map(Number);
  const node = major > 20 || (major === 20 && minor >= 19);
  return [
    node ? ok('Node.js', machine.nodeVersion) : problem('Node.js', `${machine.nodeVersion} is too old`, 'Install Node.js 20.19 or newer: https://nodejs.org'),
    ok('processor', `${machine.cpuModel}, ${machine.cores} usable ${machine.cores === 1 ? 'core' : 'cores'}`),
    machine.memoryFreeBytes > 1e9
      ? ok('memory', `${formatBytes(machine.memoryFreeBytes)} of ${formatBytes(machine.memoryTotalBytes)} free`)
      : warning('memory', `only ${formatBytes(machine.memoryFreeBytes)} of ${formatBytes(machine.memoryTotalBytes)} free`, 'Close other programs before you load a model.'),
    machine.diskFreeBytes > 5e9
      ? ok('disk', `${formatBytes(machine.diskFreeBytes)} free`)
      : warning('disk', `only ${formatBytes(machine.diskFreeBytes)} free`, 'Free some space, or set HF_HOME and LLMI_HOME to a larger disk.'),
    ok('graphics', machine.gpus.length > 0 ? machine.gpus.map(({ name }) => name).join(', ') : 'no NVIDIA GPU found; models run on the processor'),
  ];
}

async function examineFolder(name: string, folder: string, variable: string): Promise<DoctorItem> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    return ok(name, folder);
  } catch (error) {
    return problem(name, `${folder} cannot be written (${(error as NodeJS.ErrnoException).code})`, `Give yourself the right to write there, or set ${variable} to another folder.`);
  }
}

function examineHandlers(registry: HandlerRegistry): DoctorItem[] {
  const names = registry.handlers.map(({ manifest }) => manifest.name).join(', ');
  return [
    names === '' ? problem('handlers', 'none found', 'Install one: npm install @llmi/handler-transformer') : ok('handlers', names),
    ...registry.problems.map((found) => problem(`handler package ${found.package}`, found.problem, `Update or remove it (${found.folder}).`)),
  ];
}
