import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isWeightFile, LlmiError, type ModelFile, type ModelInfo, type ModelInfoInput } from '@llmi/core';
import { isBlobName, RepositoryCache } from './cache.js';
import { isCompanion } from './choose/companions.js';
import { shardOf } from './choose/gguf-label.js';
import { cardFacts } from './detect.js';
import { gatherFacts } from './gather-facts.js';
import type { ListedGguf } from './gguf/read-gguf-header.js';
import { listedWith, listFiles, repositoryFacts, type RepositoryFacts } from './http/hub-api.js';
import { HubClient } from './http/hub-client.js';
import { rememberFolder } from './local-folder.js';
import { listFolder } from './local-listing.js';
import { hubFiles, localFiles } from './model-files.js';
import type { ModelReference } from './reference.js';
import { pathProblem, refusedFile } from './safe-path.js';
import { dtypeBits } from './safetensors-header.js';
import type { HubSettings } from './settings.js';
import { isNeeded } from './small-files.js';

export interface InspectOptions {
  signal?: AbortSignal;
}

/**
 * Everything there is to know about a model without its weights: files with sizes and hashes, its small JSON files, chat template,
 * and the header of the GGUF that is the usual choice, or of its safetensors files. For the hub all of it is of one commit;
 * of a sharded model only the small files that tell most, and of a large GGUF the header up to its vocabulary: `afterDownload` adds the rest.
 * @throws {LlmiError} MODEL_NOT_FOUND, HUB_AUTH_REQUIRED, HUB_LICENSE_REQUIRED, HUB_UNREACHABLE, HUB_OFFLINE, HUB_REFUSED,
 * MODEL_FILE_REFUSED, MODEL_FILE_CORRUPT
 */
export async function inspect(reference: ModelReference, settings: HubSettings, { signal }: InspectOptions = {}): Promise<ModelInfo> {
  switch (reference.kind) {
    case 'folder':
      return inspectFolder(reference.path, signal);
    case 'file':
      return inspectFile(reference.path, signal);
    case 'hub':
      return settings.offline ? inspectCache(reference, settings, signal) : inspectHub(reference, settings, signal);
  }
}

async function inspectHub(reference: { id: string; revision?: string }, settings: HubSettings, signal?: AbortSignal): Promise<ModelInfo> {
  await using client = await HubClient.open(settings);
  const repository = await repositoryFacts(client, reference.id, reference.revision, signal);
  const { id, sha: revision } = repository;
  const files = acceptListing(listedWith(repository) ?? (await listFiles(client, id, revision, signal)));
  const facts: ModelInfoInput = {
    id,
    source: 'hub',
    revision,
    pipelineTag: repository.pipeline_tag ?? undefined,
    libraryName: repository.library_name ?? undefined,
    tags: repository.tags,
    license: repository.tags.find((tag) => tag.startsWith('license:'))?.slice('license:'.length),
    files,
    safetensors: listedCounts(repository.safetensors),
  };
  return await gatherFacts(facts, hubFiles(client, { id, revision }, settings.cacheDir), { signal, remote: true, listed: listedGguf(repository.gguf) });
}

/** Files of a listing that may be written to a disk. @throws {LlmiError} MODEL_FILE_REFUSED for one that the model would need */
function acceptListing(listed: ModelFile[]): ModelFile[] {
  return listed.filter((file) => {
    const proven = isBlobName(file.sha256 ?? file.gitSha1 ?? '');
    const problem = pathProblem(file.path) ?? (proven ? undefined : 'the hub lists no valid hash for it');
    if (problem !== undefined && isNeeded(file.path)) throw refusedFile(file.path, problem);
    return problem === undefined;
  });
}

/** The hub counts elements by dtype; it reads the same headers. */
function listedCounts(counts: RepositoryFacts['safetensors']): ModelInfoInput['safetensors'] {
  if (!counts || Object.keys(counts.parameters).some((dtype) => dtypeBits[dtype] === undefined)) return undefined;
  const bytesByType = Object.fromEntries(Object.entries(counts.parameters).map(([dtype, elements]) => [dtype, Math.ceil((elements * dtypeBits[dtype]!) / 8)]));
  return { parameterCount: counts.total, tensorBytes: Object.values(bytesByType).reduce((sum, bytes) => sum + bytes, 0), bytesByType };
}

function listedGguf(counts: RepositoryFacts['gguf']): ListedGguf | undefined {
  return counts ? { parameterCount: counts.total, architecture: counts.architecture, chatTemplate: counts.chat_template } : undefined;
}

/** Offline: what the cache has of the repository, at the commit that its branch stood at last. */
async function inspectCache({ id, revision = 'main' }: { id: string; revision?: string }, settings: HubSettings, signal?: AbortSignal): Promise<ModelInfo> {
  const cache = new RepositoryCache(settings.cacheDir, id);
  const commit = await cache.commitOf(revision);
  if (commit === undefined) {
    throw new LlmiError('HUB_OFFLINE', {
      message: `${id}${revision === 'main' ? '' : ` at ${revision}`} is not in the cache, and the hub is not asked (offline).`,
      hint: 'Go online (unset HF_HUB_OFFLINE), or name a local folder.',
    });
  }
  const folder = cache.snapshot(commit);
  const files = await listFolder(folder);
  return gatherFacts({ id, source: 'hub', revision: commit, files, ...(await readCard(folder, files)) }, localFiles(folder), { signal });
}

async function inspectFolder(folder: string, signal?: AbortSignal): Promise<ModelInfo> {
  const files = await listFolder(folder);
  const info = await gatherFacts({ id: `local/${basename(folder)}`, source: 'folder', files, ...(await readCard(folder, files)) }, localFiles(folder), { signal });
  return rememberFolder(info, folder);
}

async function readCard(folder: string, files: ModelFile[]): Promise<ReturnType<typeof cardFacts>> {
  return files.some(({ path }) => path === 'README.md') ? cardFacts(await readFile(join(folder, 'README.md'), 'utf8')) : {};
}

/** One file: with the other parts when it is split, with external data and the configuration beside it when it is ONNX or safetensors. */
async function inspectFile(path: string, signal?: AbortSignal): Promise<ModelInfo> {
  const [folder, name] = [dirname(path), basename(path)];
  const shard = shardOf(name);
  const isOwn = (path: string) => {
    const other = shardOf(path);
    if (shard && other) return other.prefix === shard.prefix && other.count === shard.count;
    return path === name || (isWeightFile(path) && path.startsWith(name)); // model.onnx_data of model.onnx
  };
  const standsAlone = name.toLowerCase().endsWith('.gguf');
  // The folder may be one of downloads, with all kinds of things in it.
  const beside = await listFolder(folder, { maxDepth: 1, isWanted: (path) => isOwn(path) || !standsAlone });
  const files = beside.filter((file) => isOwn(file.path) || isCompanion(file));
  if (!files.some((file) => isOwn(file.path))) throw new LlmiError('MODEL_NOT_FOUND', { message: `There is no file ${path}.`, hint: 'Check the path.' });
  const stem = name.replace(/\.[^.]+$/, '').replace(/-\d{5}-of-\d{5}$/, '');
  const info = await gatherFacts({ id: `local/${stem}`, source: 'file', files }, localFiles(folder), { signal });
  return rememberFolder(info, folder);
}
