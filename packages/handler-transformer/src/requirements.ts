import {
  chosenFiles,
  modelRequirementsSchema,
  toGigabytes,
  type MemoryPart,
  type ModelInfo,
  type ModelRequirements,
  type ModelRequirementsInput,
  type QuantizationOption,
} from '@llmi/core';
import { computeNeed, defaultContextSize, kvCacheNeed, metadataNumber, type GgufMetadata } from '@llmi/runtime-llama-cpp';
import { isGguf, quantizationLabel } from './model-path.js';
import { systemDependencies } from './system-dependencies.js';

/** Node and llama.cpp before any model: resident memory, measured on Linux x64. */
const runtimeBytes = 120_000_000;

/** Tokens of the context that the minimum is for: a question and its answer. */
const shortContext = 512;

/** Longest context in tokens that the model was made for, by its file. */
export function trainContext(model: ModelInfo): number | undefined {
  return model.gguf && metadataNumber(model.gguf.metadata, `${model.gguf.architecture}.context_length`);
}

/** Memory and disk for the model, each figure from its GGUF header. */
export function deriveRequirements(model: ModelInfo): ModelRequirements {
  const files = chosenFiles(model);
  const weights = weightBytes(model);
  const metadata = model.gguf?.metadata ?? {};
  const context = Math.min(trainContext(model) ?? defaultContextSize, defaultContextSize);
  const runtime: MemoryPart = { name: 'runtime', bytes: runtimeBytes, derivation: 'Node and llama.cpp' };
  const parts = (tokens: number): MemoryPart[] => [weights, { name: 'KV cache', ...kvCacheNeed(metadata, tokens) }, { name: 'activations', ...computeNeed(metadata, tokens) }];
  const sum = (list: MemoryPart[]) => list.reduce((total, { bytes }) => total + bytes, 0);
  const [short, usual] = [parts(Math.min(shortContext, context)), parts(context)];
  return modelRequirementsSchema.parse({
    modelType: model.modelType ?? model.gguf?.architecture ?? 'unknown',
    modelFamily: model.gguf?.architecture ?? model.modelType ?? 'unknown',
    primaryLibrary: 'node-llama-cpp',
    systemDependencies: systemDependencies(),
    memoryRequirements: {
      min: toGigabytes(runtimeBytes + sum(short)),
      recommended: toGigabytes(runtimeBytes + sum(usual)),
      gpuMin: toGigabytes(sum(short)),
      gpuRecommended: toGigabytes(sum(usual)),
    },
    memoryParts: [runtime, ...usual],
    diskBytes: files.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
    ...(model.gguf ? { parameterCount: model.gguf.parameterCount } : {}),
    parameterSource: model.gguf ? 'gguf' : 'unknown',
    ...(trainContext(model) === undefined ? {} : { maxContextLength: trainContext(model) }),
    defaultContextLength: context,
    ...(model.quantization === undefined ? {} : { quantization: model.quantization }),
  } satisfies ModelRequirementsInput);
}

/** The tensors of the chosen file by its header, or the size of the files where no header was read. */
function weightBytes(model: ModelInfo): MemoryPart {
  const files = chosenFiles(model).filter(({ path }) => isGguf(path));
  if (model.gguf && (files.length <= 1 || model.chosenFiles.length > 0)) {
    const types = Object.entries(model.gguf.bytesByType).sort(([, left], [, right]) => right - left);
    return { name: 'weights', bytes: model.gguf.tensorBytes, derivation: `all tensors of ${model.gguf.file}: ${types.map(([type, bytes]) => `${toGigabytes(bytes)} GB ${type}`).join(', ')}` };
  }
  const smallest = files.reduce((best, { sizeBytes }) => Math.min(best, sizeBytes), Infinity);
  const bytes = model.gguf?.tensorBytes ?? (Number.isFinite(smallest) ? smallest : 0);
  return { name: 'weights', bytes, derivation: model.gguf ? `all tensors of ${model.gguf.file}, the smallest choice` : 'size of the smallest .gguf file' };
}

/** The quantizations that the repository offers, smallest first; memory is for the usual context. */
export function quantizationOptions(model: ModelInfo): QuantizationOption[] {
  const metadata: GgufMetadata = model.gguf?.metadata ?? {};
  const context = Math.min(trainContext(model) ?? defaultContextSize, defaultContextSize);
  const besides = runtimeBytes + kvCacheNeed(metadata, context).bytes + computeNeed(metadata, context).bytes;
  const byName = new Map<string, { path: string; sizeBytes: number }[]>();
  for (const file of model.files) {
    const name = quantizationLabel(file.path);
    if (name !== undefined && !/mmproj|imatrix/i.test(file.path)) byName.set(name, [...(byName.get(name) ?? []), file]);
  }
  return [...byName]
    .map(([name, files]) => {
      const diskBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return { name, diskBytes, memoryBytes: diskBytes + besides, files: files.map(({ path }) => path) };
    })
    .sort((left, right) => left.diskBytes - right.diskBytes);
}
