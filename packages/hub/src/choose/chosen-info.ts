import { LlmiError, type ModelInfo } from '@llmi/core';
import { RepositoryCache } from '../cache.js';
import { ggufFacts, safetensorsFacts } from '../gather-facts.js';
import { otherQuantization } from '../gguf/estimate-gguf.js';
import { ggufSets } from '../gguf/gguf-set.js';
import { HubClient } from '../http/hub-client.js';
import { folderOf } from '../local-folder.js';
import { hubFiles, listedFile, localFiles, type ModelFiles } from '../model-files.js';
import type { HubSettings } from '../settings.js';
import type { FileChoice } from './file-choice.js';

export interface ChosenInfoOptions {
  signal?: AbortSignal;
  /** Where the files of a local model are; needed only for facts that are not the very object which `inspect` returned. */
  folder?: string;
}

/**
 * The facts of a model with one choice of files made: `chosenFiles`, `quantization`, its one format, and the header of the chosen
 * weights, read where it is not the one that `inspect` has read.
 * @throws {LlmiError} as `inspect`
 */
export async function chosenInfo(
  info: ModelInfo,
  choice: FileChoice,
  settings: HubSettings,
  { signal, folder = folderOf(info) }: ChosenInfoOptions = {},
): Promise<ModelInfo> {
  const chosen: ModelInfo = { ...info, chosenFiles: choice.files, quantization: choice.quantization, formats: choice.format === undefined ? info.formats : [choice.format] };
  if (choice.format === undefined) return chosen;
  if (choice.format === 'onnx') return { ...chosen, gguf: undefined };
  const files = choice.files.map((path) => listedFile(info, path));
  if (choice.format === 'gguf') {
    const [weights] = ggufSets(files);
    if (!weights || weights.files[0]?.path === info.gguf?.file) return chosen;
    const isRemote = folder === undefined && !settings.offline;
    const gguf = (isRemote && info.gguf && otherQuantization(weights, info.gguf)) || (await withFiles(info, settings, folder, (access) => ggufFacts(weights.files, access, { signal })));
    return { ...chosen, gguf };
  }
  if (choice.alternatives.length === 0 && info.safetensors) return { ...chosen, gguf: undefined };
  const safetensors = await withFiles(info, settings, folder, (access) => safetensorsFacts(files, access, signal));
  return { ...chosen, gguf: undefined, safetensors };
}

async function withFiles<Result>(
  info: ModelInfo,
  settings: HubSettings,
  folder: string | undefined,
  work: (access: ModelFiles) => Promise<Result>,
): Promise<Result> {
  if (folder !== undefined) return work(localFiles(folder));
  if (info.source !== 'hub' || info.revision === undefined) {
    throw new LlmiError('INPUT_INVALID', {
      message: `The files of ${info.id} are on this machine; where is not said.`,
      hint: 'Pass { folder }: the folder of the model.',
      param: 'folder',
    });
  }
  const { id, revision } = info;
  if (settings.offline) return work(localFiles(new RepositoryCache(settings.cacheDir, id).snapshot(revision)));
  await using client = await HubClient.open(settings);
  return await work(hubFiles(client, { id, revision }, settings.cacheDir));
}
