import type { GgufFacts, ModelFile, ModelInfo, ModelInfoInput, SafetensorsFacts } from '@llmi/core';
import { z } from 'zod';
import { chooseGgufDefault } from './choose/choose-gguf.js';
import { safetensorsSets } from './choose/choose-safetensors.js';
import { completeInfo, parseSmallFiles } from './detect.js';
import { estimated } from './gguf/estimate-gguf.js';
import { ggufSets, mergeShards } from './gguf/gguf-set.js';
import { readGgufHeader, type ListedGguf } from './gguf/read-gguf-header.js';
import { inParallel } from './in-parallel.js';
import { localFiles, type ModelFiles } from './model-files.js';
import { dtypeBits, readSafetensorsHeader, sumSafetensors } from './safetensors-header.js';
import { smallFiles } from './small-files.js';

const parallelReads = 6;

/** Of a sharded model on the hub, which is a language model, these tell enough before the download: every file is a request. */
const smallFilesOfShards = 3; // with the repository, its listing and the index: six requests

export interface GatherOptions {
  signal?: AbortSignal;
  /** The files are on the hub: of a sharded model the index is read instead of the header of every shard. */
  remote?: boolean;
  /** What the hub says of the GGUF files. */
  listed?: ListedGguf;
}

/** Reads the small files and the headers of a model and completes its facts. */
export async function gatherFacts(facts: ModelInfoInput, access: ModelFiles, { signal, remote = false, listed }: GatherOptions = {}): Promise<ModelInfo> {
  const complete = ggufSets(facts.files).filter((set) => set.missing === 0);
  const usual = complete.length > 0 ? chooseGgufDefault(complete, undefined).set : undefined;
  const main = usual || facts.safetensors ? undefined : safetensorsSets(facts.files)[0];
  const index = remote && !usual ? indexOf(facts.files) : undefined;
  const parsed = await readSmallFiles(facts.files, access, index ? smallFilesOfShards : undefined, signal);
  const gguf = usual ? await ggufFacts(usual.files, access, { signal, listed }) : undefined;
  const safetensors = facts.safetensors ?? (index && main ? indexFacts(await access.text(index, signal), parsed.json, main.files) : main && (await safetensorsFacts(main.files, access, signal)));
  return completeInfo({ ...facts, ...parsed, gguf, safetensors });
}

async function readSmallFiles(files: readonly ModelFile[], access: ModelFiles, limit: number | undefined, signal?: AbortSignal): Promise<ReturnType<typeof parseSmallFiles>> {
  const contents = new Map<string, string>();
  await inParallel(smallFiles(files).slice(0, limit), parallelReads, async (file, both) => void contents.set(file.path, await access.text(file, both)), signal);
  return parseSmallFiles(ordered(contents));
}

/** The facts with all that the files in the model's folder tell: every small one, and the whole header where it was estimated. */
export async function afterDownload(info: ModelInfo, folder: string, signal?: AbortSignal): Promise<ModelInfo> {
  const chosen = new Set(info.chosenFiles);
  const here = info.files.filter(({ path }) => info.chosenFiles.length === 0 || chosen.has(path));
  const { json, text } = await readSmallFiles(here, localFiles(folder), undefined, signal);
  const weights = ggufSets(here).find(({ files }) => files[0]?.path === info.gguf?.file)?.files;
  const gguf = info.gguf?.estimated && weights ? await ggufFacts(weights, localFiles(folder), { signal }) : info.gguf;
  return { ...info, json: { ...info.json, ...json }, text: { ...info.text, ...text }, gguf };
}

const maxIndexBytes = 8 << 20;
const indexOf = (files: readonly ModelFile[]) => files.find(({ path, sizeBytes }) => path === 'model.safetensors.index.json' && sizeBytes <= maxIndexBytes);

/** Bytes of all shards as their index adds them up, and the elements that are so many at the dtype of the configuration. */
function indexFacts(text: string, json: Record<string, unknown>, files: readonly ModelFile[]): SafetensorsFacts {
  const { json: parsed } = parseSmallFiles(new Map([['model.safetensors.index.json', text]]));
  const index = indexSchema.parse(parsed['model.safetensors.index.json']);
  const listedBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const total = index.metadata?.total_size;
  const tensorBytes = total === undefined || total > listedBytes ? listedBytes : total;
  const config = configSchema.parse(json['config.json']);
  const dtype = indexDtypes[config.dtype ?? config.torch_dtype ?? ''] ?? 'BF16';
  return { parameterCount: Math.floor((tensorBytes * 8) / dtypeBits[dtype]!), tensorBytes, bytesByType: { [dtype]: tensorBytes } };
}

const indexDtypes: Record<string, string> = { float32: 'F32', float16: 'F16', bfloat16: 'BF16', float64: 'F64' };
const indexSchema = z.object({ metadata: z.object({ total_size: z.int().min(0).optional().catch(undefined) }).optional().catch(undefined) }).catch({});
const configSchema = z.object({ dtype: z.string().optional().catch(undefined), torch_dtype: z.string().optional().catch(undefined) }).catch({});

/** Reading in parallel ends in any order; the facts have one. */
function ordered(contents: Map<string, string>): Map<string, string> {
  return new Map([...contents].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** The header of a GGUF model, all its parts taken together; of a large one with what the hub has `listed` only the beginning of the first. */
export async function ggufFacts(files: readonly ModelFile[], access: ModelFiles, { signal, listed }: Pick<GatherOptions, 'signal' | 'listed'> = {}): Promise<GgufFacts> {
  const setBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (listed) {
    await using source = await access.source(files[0]!, signal);
    const first = await readGgufHeader(source, { ...listed, setBytes });
    const facts = first.estimated || files.length === 1 ? first : estimated({ name: first.file, sizeBytes: setBytes }, { ...first, parameterCount: listed.parameterCount });
    if (facts) return facts;
  }
  const parts = await inParallel(
    files,
    parallelReads,
    async (file, both) => {
      await using source = await access.source(file, both);
      return await readGgufHeader(source);
    },
    signal,
  );
  return mergeShards(parts);
}

/** Exact counts of a safetensors model, all its files taken together. */
export async function safetensorsFacts(files: readonly ModelFile[], access: ModelFiles, signal?: AbortSignal): Promise<SafetensorsFacts | undefined> {
  const parts = await inParallel(
    files.filter(({ path }) => path.endsWith('.safetensors')),
    parallelReads,
    async (file, both) => {
      await using source = await access.source(file, both);
      return await readSafetensorsHeader(source);
    },
    signal,
  );
  return sumSafetensors(parts);
}
