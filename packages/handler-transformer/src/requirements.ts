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
import { computeNeed, defaultContextSize, memoryParts, metadataNumber, tokenWork, type MemoryNeed } from '@llmi/runtime-llama-cpp';
import { formatBytes } from '@llmi/core/units';
import { isGguf, quantizationLabel } from './model-path.js';
import { systemDependencies } from './system-dependencies.js';

/** Tokens of the context that the minimum is for: a question and its answer. */
const shortContext = 512;

/** Longest context in tokens that the model was made for, by its file. */
export function trainContext(model: ModelInfo): number | undefined {
  return model.gguf && metadataNumber(model.gguf.metadata, `${model.gguf.architecture}.context_length`);
}

/**
 * Memory and disk for the model, each figure from its GGUF header. Of a GPU it takes the weights, the KV cache and all that llama.cpp
 * sets aside for computing.
 */
export function deriveRequirements(model: ModelInfo): ModelRequirements {
  const weights = weightBytes(model);
  const metadata = model.gguf?.metadata ?? {};
  const context = usualContext(model);
  const parts = (contextSize: number) => memoryParts(weights, metadata, { contextSize });
  const onGpu = (contextSize: number) => sumOf(parts(contextSize), 'weights', 'KV cache') + computeNeed(metadata, { contextSize }).reservedBytes;
  const short = Math.min(shortContext, context);
  return modelRequirementsSchema.parse({
    modelType: model.modelType ?? model.gguf?.architecture ?? 'unknown',
    modelFamily: model.gguf?.architecture ?? model.modelType ?? 'unknown',
    primaryLibrary: 'node-llama-cpp',
    systemDependencies: systemDependencies(),
    memoryRequirements: {
      min: toGigabytes(sumOf(parts(short))),
      recommended: toGigabytes(sumOf(parts(context))),
      gpuMin: toGigabytes(onGpu(short)),
      gpuRecommended: toGigabytes(onGpu(context)),
    },
    memoryParts: parts(context),
    diskBytes: chosenFiles(model).reduce((total, { sizeBytes }) => total + sizeBytes, 0),
    ...(model.gguf ? { parameterCount: model.gguf.parameterCount } : {}),
    parameterSource: model.gguf ? 'gguf' : 'unknown',
    ...(trainContext(model) === undefined ? {} : { maxContextLength: trainContext(model) }),
    defaultContextLength: context,
    ...(model.quantization === undefined ? {} : { quantization: model.quantization }),
    ...(model.gguf ? { work: tokenWork(model.gguf, model.gguf.metadata) } : {}),
  } satisfies ModelRequirementsInput);
}

/** The context that a model is loaded with unless told otherwise. */
function usualContext(model: ModelInfo): number {
  return Math.min(trainContext(model) ?? defaultContextSize, defaultContextSize);
}

/** Bytes of the parts with these names, or of all. */
function sumOf(parts: MemoryPart[], ...names: string[]): number {
  return parts.filter(({ name }) => names.length === 0 || names.includes(name)).reduce((total, { bytes }) => total + bytes, 0);
}

/** The tensors of the chosen file by its header, or the size of the files where no header was read. */
function weightBytes(model: ModelInfo): MemoryNeed {
  const files = chosenFiles(model).filter(({ path }) => isGguf(path));
  if (model.gguf && (files.length <= 1 || model.chosenFiles.length > 0)) {
    const types = Object.entries(model.gguf.bytesByType).sort(([, left], [, right]) => right - left);
    return { bytes: model.gguf.tensorBytes, derivation: `all tensors of ${model.gguf.file}: ${types.map(([type, bytes]) => `${formatBytes(bytes)} ${type}`).join(', ')}` };
  }
  const smallest = files.reduce((best, { sizeBytes }) => Math.min(best, sizeBytes), Infinity);
  const bytes = model.gguf?.tensorBytes ?? (Number.isFinite(smallest) ? smallest : 0);
  return { bytes, derivation: model.gguf ? `all tensors of ${model.gguf.file}, the smallest choice` : 'size of the smallest .gguf file' };
}

/** The quantizations that the repository offers, smallest first; memory is for the usual context. */
export function quantizationOptions(model: ModelInfo): QuantizationOption[] {
  const besides = sumOf(memoryParts({ bytes: 0, derivation: '' }, model.gguf?.metadata ?? {}, { contextSize: usualContext(model) }));
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
