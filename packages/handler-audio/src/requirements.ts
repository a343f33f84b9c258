import {
  chosenFiles,
  jsonFile,
  modelRequirementsSchema,
  toGigabytes,
  type MemoryPart,
  type ModelInfo,
  type ModelRequirements,
  type ModelRequirementsInput,
  type QuantizationOption,
  type SystemDependency,
} from '@llmi/core';
import { onnxSystemDependencies } from '@llmi/runtime-onnx';
import { activationParts } from './activations.js';
import { kindOf } from './kinds.js';
import { chooseGraphs, onnxVariants, type OnnxVariant } from './onnx-files.js';

/** Node, ONNX Runtime and the decoders of sound before any model: resident memory, measured on Linux x64. */
const runtimeBytes = 130_000_000;
/** Samples and spectrograms that wait for the garbage collector: what hearing costs beside the model, measured over hundreds of requests. */
const heardBytes = 130_000_000;
/** The same of a part of a text that is spoken. */
const spokenBytes = 20_000_000;

/** Memory and disk for one model, each figure from its files and its configuration. */
export function deriveRequirements(model: ModelInfo): ModelRequirements {
  const variants = chooseGraphs(model, kindOf(model).graphs(model));
  const parts = memoryParts(model, variants);
  const total = toGigabytes(sumOf(parts));
  const onGpu = toGigabytes(sumOf(parts.filter(({ name }) => name !== 'runtime' && name !== 'sound')));
  return modelRequirementsSchema.parse({
    modelType: model.modelType ?? 'unknown',
    modelFamily: model.modelType ?? 'unknown',
    primaryLibrary: 'onnxruntime-node',
    systemDependencies: systemDependencies(),
    memoryRequirements: { min: total, recommended: total, gpuMin: onGpu, gpuRecommended: onGpu }, // sound is heard in windows of one size: a longer one needs no more
    memoryParts: parts,
    diskBytes: chosenFiles(model).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    ...(model.safetensors ? { parameterCount: model.safetensors.parameterCount } : {}),
    parameterSource: model.safetensors ? 'safetensors' : 'unknown',
    quantization: [...new Set(variants.map(({ dtype }) => dtype))].join('+'),
  } satisfies ModelRequirementsInput);
}

/** Each dtype that all graphs are there in, with the memory of a process that runs it. */
export function quantizationOptions(model: ModelInfo): QuantizationOption[] {
  const all = { ...model, chosenFiles: [] };
  const sets = kindOf(model).graphs(all);
  const dtypes = [...new Set(onnxVariants(all).map(({ dtype }) => dtype))];
  return dtypes.flatMap((dtype) => {
    const isWhole = sets.some((stems) => stems.every((stem) => onnxVariants(all).some((variant) => variant.stem === stem && variant.dtype === dtype)));
    if (!isWhole) return [];
    const variants = chooseGraphs(all, sets, dtype);
    return [{ name: dtype, diskBytes: bytesOf(variants), memoryBytes: sumOf(memoryParts(model, variants)), files: variants.flatMap(({ files }) => files.map(({ path }) => path)) }];
  });
}

const sumOf = (parts: MemoryPart[]) => parts.reduce((total, { bytes }) => total + bytes, 0);
const bytesOf = (variants: readonly OnnxVariant[]) => variants.reduce((total, { bytes }) => total + bytes, 0);

function memoryParts(model: ModelInfo, variants: readonly OnnxVariant[]): MemoryPart[] {
  const { task } = kindOf(model);
  const weights = variants.map(({ bytes, dtype }) => bytes * (dtype === 'fp16' ? 2 : 1)).reduce((sum, bytes) => sum + bytes, 0);
  const names = variants.map(({ path, bytes, dtype }) => `${path} of ${bytes} bytes${dtype === 'fp16' ? ' x 2, widened to float32 for the CPU' : ''}`);
  return [
    { name: 'runtime', bytes: runtimeBytes, derivation: 'Node, ONNX Runtime and the decoders, measured' },
    { name: 'sound', bytes: task === 'text-to-speech' ? spokenBytes : heardBytes, derivation: 'samples and spectrograms until they are collected, measured' },
    { name: 'weights', bytes: weights, derivation: names.join(' + ') },
    ...activationParts(jsonFile(model, 'config.json') ?? {}, task),
  ];
}

/** What ONNX Runtime needs, and ffmpeg, which reads what no library here does. */
export function systemDependencies(): SystemDependency[] {
  const ffmpeg: SystemDependency = {
    name: 'ffmpeg',
    optional: true,
    reason: 'Reads M4A, AAC, WebM and AIFF; WAV, MP3, FLAC and Ogg need nothing.',
    probe: { programs: ['ffmpeg'] },
    install: { linux: 'apt-get install ffmpeg', darwin: 'brew install ffmpeg', win32: 'winget install ffmpeg' },
  };
  return [...onnxSystemDependencies(), ffmpeg];
}
