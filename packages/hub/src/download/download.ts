import { LlmiError, type ModelFile, type ModelInfo } from '@llmi/core';
import { fileSize, isCommit, isInSnapshot, RepositoryCache } from '../cache.js';
import { refsAt } from '../http/hub-api.js';
import { HubClient } from '../http/hub-client.js';
import { inParallel } from '../in-parallel.js';
import { listedFile } from '../model-files.js';
import { pathProblem, refuseCollisions, refusedFile } from '../safe-path.js';
import type { HubSettings } from '../settings.js';
import { Connections } from './connections.js';
import { makeFolder, requireSpace } from './disk.js';
import { fetchBlob } from './fetch-blob.js';
import { bytesLeft } from './partial-file.js';
import { ProgressMeter, type DownloadProgress } from './progress.js';
import { linkSnapshot, readRef, writeRef } from './snapshot.js';

const parallelConnections = 8; // over all files

export interface DownloadOptions {
  signal?: AbortSignal;
  onProgress?: (event: DownloadProgress) => void;
  /** Compare what the cache has already with its hashes too, and fetch anew what differs. Otherwise the size tells. */
  verify?: boolean;
}

/**
 * Brings the chosen files of a model of the hub into the Hugging Face cache and returns the snapshot's folder. Every file is proven
 * by its hash; what is there already is not fetched again; an interrupted download goes on where it stopped.
 * @throws {LlmiError} DISK_FULL, PERMISSION_DENIED, DOWNLOAD_CORRUPT, HUB_UNREACHABLE, HUB_OFFLINE, HUB_AUTH_REQUIRED, HUB_LICENSE_REQUIRED
 */
export async function download(info: ModelInfo, settings: HubSettings, { signal, onProgress, verify = false }: DownloadOptions = {}): Promise<string> {
  const { id, revision } = info;
  if (info.source !== 'hub' || revision === undefined || !isCommit(revision)) {
    throw new LlmiError('INPUT_INVALID', {
      message: `${id} is no model of the hub at a commit; there is nothing to download.`,
      hint: 'Load a local model from its own folder.',
    });
  }
  const files = chosen(info);
  const cache = new RepositoryCache(settings.cacheDir, id);
  if (settings.offline) return cachedSnapshot(cache, revision, files);
  await makeFolder(cache.blobsFolder);
  await requireSpace(cache.blobsFolder, await bytesToFetch(cache, revision, files));
  await using client = await HubClient.open(settings);
  const meter = new ProgressMeter(files, onProgress);
  const connections = new Connections(parallelConnections, settings.maxBytesPerSecond);
  const fetch = async (file: ModelFile, signal: AbortSignal, wait: boolean) => {
    const onBytes = (bytes: number, fetched: number) => meter.set(file.path, bytes, fetched);
    const isDone = await fetchBlob({ client, cache, revision, file, verify, connections, signal, onBytes }, { wait });
    return isDone ? [] : [file];
  };
  // What another process fetches right now comes last: by then it is there, and until then there is other work.
  const left = await inParallel(files, parallelConnections, (file, both) => fetch(file, both, false), signal);
  await inParallel(left.flat(), parallelConnections, (file, both) => fetch(file, both, true), signal);
  const folder = await linkSnapshot(cache, revision, files);
  await rememberRefs(client, cache, revision, signal);
  return folder;
}

/** The chosen files, each fit to be written; small ones first, so that the configuration is there early. */
function chosen(info: ModelInfo): ModelFile[] {
  const paths = [...new Set(info.chosenFiles)];
  if (paths.length === 0) {
    throw new LlmiError('FILE_CHOICE_EMPTY', { message: `No files of ${info.id} are chosen.`, hint: 'Call chooseFiles() and chosenInfo() first.' });
  }
  refuseCollisions(paths);
  const files = paths.map((path) => listedFile(info, path));
  for (const { path } of files) {
    const problem = pathProblem(path);
    if (problem !== undefined) throw refusedFile(path, problem);
  }
  return files.sort((left, right) => left.sizeBytes - right.sizeBytes);
}

async function bytesToFetch(cache: RepositoryCache, revision: string, files: readonly ModelFile[]): Promise<number> {
  let bytes = 0;
  for (const file of files) {
    if ((await fileSize(cache.blob(file))) === file.sizeBytes || (await isInSnapshot(cache, revision, file))) continue;
    bytes += file.sizeBytes - (await bytesLeft(cache.quarantine(file), file.sizeBytes));
  }
  return bytes;
}

/** Offline: the snapshot, when every chosen file is in it. */
async function cachedSnapshot(cache: RepositoryCache, commit: string, files: readonly ModelFile[]): Promise<string> {
  for (const file of files) {
    if (await isInSnapshot(cache, commit, file)) continue;
    throw new LlmiError('HUB_OFFLINE', {
      message: `${file.path} of ${cache.id} is not in the cache, and the hub is not asked (offline).`,
      hint: 'Go online (unset HF_HUB_OFFLINE) and run the command again.',
    });
  }
  return cache.snapshot(commit);
}

/** Other tools find a model by its branch: write down those that stand at this commit. A mirror without /refs leaves them unknown. */
async function rememberRefs(client: HubClient, cache: RepositoryCache, commit: string, signal?: AbortSignal): Promise<void> {
  if ((await readRef(cache, 'main')) === commit) return;
  let names: string[];
  try {
    names = await refsAt(client, cache.id, commit, signal);
  } catch (error) {
    if (LlmiError.is(error) && (error.code === 'MODEL_NOT_FOUND' || error.code === 'HUB_REFUSED')) return;
    throw error;
  }
  for (const name of names.filter((ref) => pathProblem(ref) === undefined)) await writeRef(cache, name, commit);
}
