import { access, constants, mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LlmiError, type HandlerRegistry, type SystemDependency } from '@llmi/core';
import type { InstalledModel } from '@llmi/hub';
import type { DoctorItem, Engine } from './contract.js';
import { programFolders } from './environment.js';
import { handlerOf } from './load-order.js';
import { readMachine } from './machine.js';
import type { Settings } from './settings.js';

/** Looks at everything a model needs to run here. Each problem comes with its cure. */
export async function examine(settings: Settings, registry: HandlerRegistry, { models, broken }: Awaited<ReturnType<Engine['list']>>): Promise<DoctorItem[]> {
  const items = [
    ...(await examineMachine(settings)),
    await examineFolder('llmi home', settings.home, 'LLMI_HOME'),
    await examineFolder('model cache', settings.hub.cacheDir, 'HF_HOME'),
    await examineHub(settings),
    ...examineHandlers(registry),
    ...broken.map(({ folder, error }) => problem(`model folder ${folder}`, error.message, 'Install the model again, or delete the folder.')),
  ];
  for (const model of models) items.push(...(await examineModel(model, registry)));
  return [...new Map(items.map((item) => [`${item.name}: ${item.detail}`, item])).values()]; // two models may need the same driver
}

const ok = (name: string, detail: string): DoctorItem => ({ name, status: 'ok', detail });
const warning = (name: string, detail: string, cure: string): DoctorItem => ({ name, status: 'warning', detail, cure });
const problem = (name: string, detail: string, cure: string): DoctorItem => ({ name, status: 'problem', detail, cure });
const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;

async function examineMachine(settings: Settings): Promise<DoctorItem[]> {
  const machine = await readMachine(settings.home);
  const [major = 0, minor = 0] = machine.nodeVersion.split('.').map(Number);
  const node = major > 20 || (major === 20 && minor >= 19);
  return [
    node ? ok('Node.js', machine.nodeVersion) : problem('Node.js', `${machine.nodeVersion} is too old`, 'Install Node.js 20.19 or newer: https://nodejs.org'),
    ok('processor', `${machine.cpuModel}, ${machine.cores} usable ${machine.cores === 1 ? 'core' : 'cores'}`),
    machine.memoryFreeBytes > 1e9
      ? ok('memory', `${gigabytes(machine.memoryFreeBytes)} of ${gigabytes(machine.memoryTotalBytes)} free`)
      : warning('memory', `only ${gigabytes(machine.memoryFreeBytes)} of ${gigabytes(machine.memoryTotalBytes)} free`, 'Close other programs before you load a model.'),
    machine.diskFreeBytes > 5e9
      ? ok('disk', `${gigabytes(machine.diskFreeBytes)} free`)
      : warning('disk', `only ${gigabytes(machine.diskFreeBytes)} free`, 'Free some space, or set HF_HOME and LLMI_HOME to a larger disk.'),
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

async function examineHub({ hub }: Settings): Promise<DoctorItem> {
  if (hub.offline) return ok('hub', 'offline by HF_HUB_OFFLINE: only what is in the cache can be installed');
  try {
    await fetch(new URL('/api/models?limit=1', hub.endpoint), { signal: AbortSignal.timeout(5000) });
    return ok('hub', `${hub.endpoint} answers${hub.token === undefined ? '' : ', with your token set'}`);
  } catch {
    return warning('hub', `${hub.endpoint} does not answer`, 'Check the network, HTTPS_PROXY and HF_ENDPOINT. Installed models run without it.');
  }
}

function examineHandlers(registry: HandlerRegistry): DoctorItem[] {
  const names = registry.handlers.map(({ manifest }) => manifest.name).join(', ');
  return [
    names === '' ? problem('handlers', 'none found', 'Install one: npm install @llmi/handler-transformer') : ok('handlers', names),
    ...registry.problems.map((found) => problem(`handler package ${found.package}`, found.problem, `Update or remove it (${found.folder}).`)),
  ];
}

async function examineModel(model: InstalledModel, registry: HandlerRegistry): Promise<DoctorItem[]> {
  const name = `model ${model.name}`;
  try {
    const definition = await registry.load(handlerOf(registry, { name: model.name, installed: model, temporary: false }));
    const handler = definition.create(model.info);
    const validation = await handler.validateModelFiles(model.path);
    if (!validation.ok) return [problem(name, validation.error, validation.hint ?? `Install it again: llmi install ${referenceOf(model)}`)];
    return [ok(name, 'all files there'), ...handler.getSystemDependencies().map((dependency) => examineSystem(dependency))];
  } catch (error) {
    const { message, hint } = LlmiError.from(error);
    return [problem(name, message, hint ?? `Install it again: llmi install ${referenceOf(model)}`)];
  }
}

/** What "llmi install" takes to make the same model again. */
function referenceOf({ id, source, path, info }: InstalledModel): string {
  if (source === 'hub') return info.quantization === undefined ? id : `${id}:${info.quantization}`;
  return source === 'file' ? join(path, info.chosenFiles[0] ?? '') : path;
}

/** Where libraries lie: Debian's and Red Hat's folders, CUDA's, those of WSL, of Homebrew, of Windows. */
const libraryFolders = [
  ...['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/usr/local/lib', '/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu'],
  ...['/usr/local/cuda/lib64', '/usr/lib/wsl/lib', '/opt/homebrew/lib', 'C:\\Windows\\System32'],
];

/** Carries out the probe that a handler declares for a driver or program. */
function examineSystem({ name, optional = true, reason, probe, install = {} }: SystemDependency): DoctorItem {
  const folders = programFolders();
  const found =
    (probe.programs ?? []).some((program) => folders.some((folder) => existsSync(join(folder, program)) || existsSync(join(folder, `${program}.exe`)))) ||
    (probe.libraries ?? []).some((library) => libraryFolders.some((folder) => existsSync(join(folder, library)))) ||
    (probe.files ?? []).some((file) => existsSync(file));
  if (found) return ok(name, 'found');
  const cure = install[process.platform] ?? install.any ?? reason;
  return optional ? ok(name, `not found (optional: ${reason})`) : problem(name, `not found: ${reason}`, cure);
}
