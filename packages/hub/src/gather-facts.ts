import type { GgufFacts, ModelFile, ModelInfo, ModelInfoInput, SafetensorsFacts } from '@llmi/core';
import { safetensorsSets } from './choose/choose-safetensors.js';
import { completeInfo, parseSmallFiles } from './detect.js';
import { ggufSets, mergeShards } from './gguf/gguf-set.js';
import { readGgufHeader } from './gguf/read-gguf-header.js';
import { inParallel } from './in-parallel.js';
import type { ModelFiles } from './model-files.js';
import { readSafetensorsHeader, sumSafetensors } from './safetensors-header.js';
import { smallFiles } from './small-files.js';

const parallelReads = 6;

/** Reads the small files and the headers of a model and completes its facts. */
export async function gatherFacts(facts: ModelInfoInput, access: ModelFiles, signal?: AbortSignal): Promise<ModelInfo> {
  const contents = new Map<string, string>();
  await inParallel(smallFiles(facts.files), parallelReads, async (file, both) => void contents.set(file.path, await access.text(file, both)), signal);
  const smallest = ggufSets(facts.files).find((set) => set.missing === 0);
  const gguf = smallest ? await ggufFacts(smallest.files, access, signal) : undefined;
  const main = safetensorsSets(facts.files)[0];
  const safetensors = facts.safetensors ?? (main && !gguf ? await safetensorsFacts(main.files, access, signal) : undefined);
  return completeInfo({ ...facts, ...parseSmallFiles(ordered(contents)), gguf, safetensors });
}

/** Reading in parallel ends in any order; the facts have one. */
function ordered(contents: Map<string, string>): Map<string, string> {
  return new Map([...contents].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** The header of a GGUF model, all its parts taken together. */
export async function ggufFacts(files: readonly ModelFile[], access: ModelFiles, signal?: AbortSignal): Promise<GgufFacts> {
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
