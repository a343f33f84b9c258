import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { ConvertResult, OutputType } from '@llmi/convert';
import { LlmiError, type HandlerRegistry, type ModelFile, type ModelInfo } from '@llmi/core';
import { chooseFiles, chosenInfo, download, folderName, inspect, ModelStore, type InstalledModel, type ModelReference } from '@llmi/hub';
import { checkModel } from '../check.js';
import { fileHash } from '../file-hash.js';
import { askedOf, localFolder } from '../install.js';
import { describeInstalled, keepModel } from '../installed/keep-model.js';
import type { Settings } from '../settings.js';
import type { ConvertedFile, ConvertModelOptions } from './contract.js';
import { FetchedSource } from './fetched-source.js';

interface ConvertOrder extends ConvertModelOptions {
  /** What an update follows, where the reference says something else. */
  asked?: InstalledModel['asked'];
}

const smallModelBytes = 4e9; // at 16 bits: it loses noticeably at 4 bits, and costs little at 8

/**
 * Makes a GGUF file of a safetensors model, of the hub or a folder. With `out` it is written there; else it is installed: the file lies
 * in the model's folder under the llmi home, which appears when everything in it is there and sound. What was fetched for it leaves the
 * cache then.
 * Phases: 1 facts, 2 files, 3 convert, 4 check the result, 5 keep it.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for what cannot be converted; as `download`, and as `convert`
 */
export async function convertModel(reference: ModelReference, registry: HandlerRegistry, settings: Settings, options: ConvertOrder): Promise<ConvertedFile> {
  const { signal } = options;
  const { canConvert, convert } = await import('@llmi/convert');
  const facts = await inspect(reference, settings.hub, { signal }); // 1
  const able = canConvert(facts);
  if (!able.ok) throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `${facts.id} cannot be converted: ${able.reason}`, hint: able.hint });
  const source = await chosenInfo(facts, chooseFiles(facts, { formats: ['safetensors'] }), settings.hub, { signal });
  const onProgress = (progress: { bytes: number; totalBytes: number; tensor: string }) => options.onEvent?.({ type: 'convert', progress });
  const type = options.type ?? usualType(source);
  const store = new ModelStore(settings.home);
  const fetched = reference.kind === 'hub' ? await FetchedSource.of(source, settings) : undefined;
  const folder = await sourceFolder(reference, source, settings, options); // 2
  const letGo = () => (options.keepSource ? fetched?.forget() : fetched?.free(store));
  if (options.out !== undefined) { // 3
    const written = resultOf(await convert(folder, resolve(options.out), { type, signal, onProgress }));
    await letGo();
    return written;
  }

  const staged = join(store.folder, `.staged-${randomUUID()}`);
  try {
    await mkdir(staged, { recursive: true });
    const unnamed = await convert(folder, join(staged, 'model.gguf'), { type, signal, onProgress });
    const path = join(staged, `${folderName(facts.id.split('/').at(-1)!)}-${unnamed.type}.gguf`);
    await rename(unnamed.path, path);
    const model = await keepConverted({ ...unnamed, path }, source, { store, registry, settings, reference, asked: 'asked' in options ? options.asked : askedOf(reference, {}).asked, signal });
    await letGo();
    options.onEvent?.({ type: 'done', model, alreadyInstalled: false });
    return { ...resultOf(unnamed), path: join(model.folder, basename(path)), model };
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

const resultOf = ({ path, sizeBytes, type, notes }: ConvertResult): ConvertedFile => ({ path, sizeBytes, type, notes });

/** Half the bytes for a small model, a good quarter for a large one. */
function usualType(source: ModelInfo): OutputType {
  const bytes = 2 * (source.safetensors?.parameterCount ?? 0);
  return bytes < smallModelBytes ? 'Q8_0' : 'Q4_K_M';
}

async function sourceFolder(reference: ModelReference, source: ModelInfo, settings: Settings, { signal, onEvent }: ConvertModelOptions): Promise<string> {
  if (reference.kind !== 'hub') return localFolder(reference);
  return download(source, settings.hub, { signal, onProgress: (progress) => onEvent?.({ type: 'download', progress }) });
}

interface Keeping extends Pick<ConvertOrder, 'asked' | 'signal'> {
  store: ModelStore;
  registry: HandlerRegistry;
  settings: Settings;
  reference: ModelReference;
}

/** Looks at the result as at any file that is installed, and installs it under the name of what it was made of. */
async function keepConverted(result: ConvertResult, source: ModelInfo, { store, registry, settings, reference, asked, signal }: Keeping): Promise<InstalledModel> {
  const checked = await checkModel({ kind: 'file', path: result.path }, registry, settings, { signal }); // 4
  const file: ModelFile = { path: basename(result.path), sizeBytes: result.sizeBytes, sha256: await fileHash(result.path, signal) };
  const { id, revision, license, tags, pipelineTag } = source;
  const named: ModelInfo = { ...checked.report.model, id, revision, license, tags, pipelineTag, files: [file] };
  const validation = await checked.handler.validateModelFiles(dirname(result.path));
  if (!validation.ok) throw new LlmiError('MODEL_FILE_CORRUPT', { message: validation.error, hint: validation.hint });
  signal?.throwIfAborted();
  const from = reference.kind === 'hub' ? id : localFolder(reference);
  const described = { ...describeInstalled({ ...checked, report: { ...checked.report, model: named } }, ''), asked, converted: { from, type: result.type } };
  const path = await store.folderFor(described);
  return (await keepModel(store, { ...described, path }, settings, { [file.path]: result.path })).model; // 5
}
