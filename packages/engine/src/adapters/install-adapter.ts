import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LlmiError, type ModelFile, type ModelInfo } from '@llmi/core';
import { download, inspect, ModelStore, type InstalledModel, type ModelReference } from '@llmi/hub';
import type { InstallOptions } from '../contract.js';
import { FetchedSource } from '../conversion/fetched-source.js';
import { fileHash } from '../file-hash.js';
import { askedOf, localFolder } from '../install.js';
import { keepModel, type NewModel } from '../installed/keep-model.js';
import type { Settings } from '../settings.js';
import type { Adapter } from './adapter.js';
import { findBase } from './find-base.js';

/** Where it goes, and what was asked for. */
interface AdapterOrder extends Pick<InstallOptions, 'base' | 'keepSource' | 'signal' | 'onEvent'> {
  settings: Settings;
  reference: ModelReference;
  /** Installs the base when it is not there. */
  installBase: (reference: ModelReference) => Promise<InstalledModel>;
  /** What an update follows, where the reference says something else. */
  asked?: InstalledModel['asked'];
}

/**
 * Installs a LoRA adapter as a model of its own: a folder with the adapter in the format of its base's engine, and the word which model
 * that is. Phases: 1 the base, 2 the adapter's files, 3 convert, 4 llmi.json last.
 * @throws {LlmiError} as `installModel` for the base, as `convertAdapter`, INPUT_UNSUPPORTED for a base that takes no such adapter
 */
export async function installAdapter(facts: ModelInfo, adapter: Adapter, order: AdapterOrder): Promise<InstalledModel> {
  const { reference, settings, signal, onEvent = () => {} } = order;
  const store = new ModelStore(settings.home);
  const base = await findBase(order.base ?? adapter.base, store, order.installBase); // 1
  const source: ModelInfo = { ...facts, chosenFiles: facts.files.filter(({ path }) => path === adapter.weights.path || path === 'adapter_config.json').map(({ path }) => path) };
  const fetched = reference.kind === 'hub' ? await FetchedSource.of(source, settings) : undefined;
  const folder = reference.kind === 'hub' ? await download(source, settings.hub, { signal, onProgress: (progress) => onEvent({ type: 'download', progress }) }) : localFolder(reference); // 2
  const staged = join(store.folder, `.staged-${randomUUID()}`);
  try {
    await mkdir(staged, { recursive: true });
    const made = await makeAdapterFile(adapter, { folder, staged, base, settings, signal }); // 3
    const own: ModelFile = { path: basename(made), sizeBytes: (await stat(made)).size, sha256: await fileHash(made, signal) };
    const described = describe(facts, base, own, order);
    const loras = [{ path: join(await store.folderFor(described), own.path), scale: 1 }];
    signal?.throwIfAborted();
    const { model } = await keepModel(store, { ...described, settings: { loras } }, settings, { [own.path]: made }); // 4
    await (order.keepSource ? fetched?.forget() : fetched?.free(store));
    onEvent({ type: 'done', model, alreadyInstalled: false });
    return model;
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

interface MakeOptions {
  folder: string;
  staged: string;
  base: InstalledModel;
  settings: Settings;
  signal?: AbortSignal;
}

/** The adapter in the format of its base's engine. */
async function makeAdapterFile({ weights, layout, base: baseId }: Adapter, { folder, staged, base, settings, signal }: MakeOptions): Promise<string> {
  const engine = base.info.formats[0];
  const from = join(folder, weights.path);
  if (layout === 'peft' && engine === 'gguf') {
    const config = join(staged, 'config');
    await mkdir(config);
    await writeFile(join(config, 'config.json'), JSON.stringify(await configOf(base, baseId, settings, signal)));
    const { convertAdapter } = await import('@llmi/convert');
    return (await convertAdapter(folder, config, join(staged, 'adapter.gguf'), { signal })).path;
  }
  if ((layout === 'gguf') !== (engine === 'gguf')) {
    throw new LlmiError('INPUT_UNSUPPORTED', {
      message: `The adapter is in ${layout === 'gguf' ? 'GGUF' : `the layout of ${layout}`}, and ${base.name} in ${engine ?? 'no known format'}: they do not go together.`,
      hint: 'Name another base: --base ORG/NAME',
      param: 'base',
    });
  }
  const to = join(staged, layout === 'gguf' ? 'adapter.gguf' : 'adapter.safetensors');
  await copyFile(from, to);
  return to;
}

/** config.json of the model that the base was made of. @throws {LlmiError} MODEL_FILE_MISSING */
async function configOf(base: InstalledModel, baseId: string | undefined, settings: Settings, signal?: AbortSignal): Promise<unknown> {
  const known = base.info.json['config.json'];
  if (known !== undefined) return known;
  const from = base.converted?.from;
  const candidates: ModelReference[] = [];
  if (from !== undefined && from !== base.id) candidates.push({ kind: 'folder', path: from });
  else if (from !== undefined) candidates.push({ kind: 'hub', id: from, revision: base.revision });
  if (baseId !== undefined) candidates.push({ kind: 'hub', id: baseId });
  const original = base.info.tags.map((tag) => /^base_model:quantized:(.+)$/.exec(tag)?.[1]).find((id) => id !== undefined);
  if (original !== undefined) candidates.push({ kind: 'hub', id: original });
  let cause: unknown;
  for (const candidate of candidates) {
    try {
      const { json } = await inspect(candidate, settings.hub, { signal });
      if (json['config.json'] !== undefined) return json['config.json'];
    } catch (error) {
      if (!LlmiError.is(error)) throw error;
      cause ??= error;
    }
  }
  throw new LlmiError('MODEL_FILE_MISSING', {
    message: `The config.json of ${baseId ?? base.name} cannot be read, and converting an adapter needs it${LlmiError.is(cause) ? `: ${cause.message}` : '.'}`,
    hint: LlmiError.is(cause) ? cause.hint : 'Install the base from its safetensors repository: llmi install ORG/NAME --convert',
    cause,
  });
}

function describe(facts: ModelInfo, base: InstalledModel, own: ModelFile, order: AdapterOrder): NewModel {
  const { id, revision } = facts;
  const { path, handler, info, tasks, requirements } = base;
  return {
    name: id,
    id,
    revision,
    source: 'file',
    path,
    handler,
    info: { ...info, id, revision, baseModel: base.id },
    tasks,
    requirements,
    files: [own],
    sizeBytes: own.sizeBytes,
    installedAt: new Date().toISOString(),
    asked: 'asked' in order ? order.asked : askedOf(order.reference, {}).asked,
    converted: { from: order.reference.kind === 'hub' ? id : localFolder(order.reference), type: own.path.endsWith('.gguf') ? 'F32' : 'safetensors' },
    adapter: { base: basename(base.folder) },
    settings: {},
  };
}
