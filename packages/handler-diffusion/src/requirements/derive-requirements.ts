import { chosenFiles, isWeightFile, jsonFile, modelRequirementsSchema, toGigabytes, type MemoryPart, type ModelInfo, type ModelRequirements } from '@llmi/core';
import { formatBytes } from '@llmi/core/units';
import { chooseComponentFile, componentFiles, type ComponentFile } from '../components/component-files.js';
import { describeModel, type ModelFacts } from '../describe-model.js';
import { systemDependencies } from '../system-dependencies.js';
import { textActivations, transformerActivations, unetActivations, vaeActivations, type Activations, type RunSize } from './activations.js';

export interface RequirementOptions {
  /** Data type of the files, where there are several. */
  dtype?: string;
  width?: number;
  height?: number;
  /** Pictures at once; default 1. */
  numImages?: number;
  numFrames?: number;
}

/** Node and ONNX Runtime before any model: resident memory, measured on Linux x64. */
const runtimeBytes = 120_000_000;
/** ONNX Runtime keeps weights beside a copy in the order that its kernels read; half precision is widened first. Measured. */
const copies: Record<string, number> = { fp32: 2, fp16: 4 };
const usualCopies = 1.5; // quantized: some layers are not
const [clipTokens, t5Tokens] = [77, 512];

interface ComponentNeed {
  component: string;
  weights: MemoryPart;
  activations: MemoryPart;
}

/**
 * Memory and disk for a diffusion model, from its files and configurations. `min` has one part in memory at a time, `recommended` keeps all.
 * Models that have no ONNX files are told by the size of their weights.
 */
export function deriveRequirements(model: ModelInfo, options: RequirementOptions = {}): ModelRequirements {
  const needs = componentNeeds(model, options);
  const runtime: MemoryPart = { name: 'runtime', bytes: runtimeBytes, derivation: 'Node and ONNX Runtime, measured' };
  const peak = needs.map(({ activations }) => activations).sort((left, right) => right.bytes - left.bytes)[0];
  const weights = needs.length > 0 ? needs.map((need) => need.weights) : [unconvertedWeights(model)];
  const parts = [runtime, ...weights, ...(peak ? [peak] : [])];
  const largest = needs.length > 0 ? Math.max(...needs.map((need) => need.weights.bytes + need.activations.bytes)) : weights[0]!.bytes;
  const all = sumOf(weights) + (peak?.bytes ?? 0);
  return modelRequirementsSchema.parse({
    modelType: model.pipelineClass ?? model.modelType ?? 'unknown',
    modelFamily: 'diffusion',
    primaryLibrary: needs.length > 0 ? 'onnxruntime-node' : model.files.some(({ path }) => path.endsWith('.gguf')) ? 'stable-diffusion.cpp' : 'diffusers',
    systemDependencies: systemDependencies(factsOf(model)?.makesFilms ?? false),
    memoryRequirements: { min: toGigabytes(runtimeBytes + largest), recommended: toGigabytes(runtimeBytes + all), gpuMin: toGigabytes(largest), gpuRecommended: toGigabytes(all) },
    memoryParts: parts,
    diskBytes: chosenFiles(model).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    ...(model.safetensors ? { parameterCount: model.safetensors.parameterCount, parameterSource: 'safetensors' } : {}),
  });
}

const sumOf = (parts: readonly MemoryPart[]) => parts.reduce((sum, { bytes }) => sum + bytes, 0);

function unconvertedWeights(model: ModelInfo): MemoryPart {
  const bytes = chosenFiles(model).filter(({ path }) => isWeightFile(path)).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { name: 'weights', bytes, derivation: `${formatBytes(bytes)} of files` };
}

function componentNeeds(model: ModelInfo, options: RequirementOptions): ComponentNeed[] {
  const files = componentFiles(model);
  const chosen = [...new Set(files.map(({ component }) => component))].map((name) => chooseComponentFile(files, name, options.dtype)!);
  const measure = activationsBy(model, options);
  return chosen.map((file) => {
    const { bytes, derivation } = measure(file.component);
    return { component: file.component, weights: weightsOf(file), activations: { name: `activations of ${file.component}`, bytes, derivation } };
  });
}

function weightsOf({ component, dtype, path, bytes }: ComponentFile): MemoryPart {
  const times = copies[dtype] ?? usualCopies;
  return { name: `weights of ${component}`, bytes: times * bytes, derivation: `${times} x ${formatBytes(bytes)}: ${path}` };
}

/** What each part needs between its layers; nothing for a pipeline that cannot be run. */
function activationsBy(model: ModelInfo, options: RequirementOptions): (component: string) => Activations {
  const facts = factsOf(model);
  if (!facts) return () => ({ bytes: 0, derivation: 'not known for this pipeline' });
  const { defaults, family } = facts;
  const config = (name: string) => jsonFile(model, `${name}/config.json`) ?? {};
  const vae = [config('vae_decoder'), config('vae')].find((found) => Object.keys(found).length > 0) ?? {};
  const scale = typeof vae.spatial_compression_ratio === 'number' ? vae.spatial_compression_ratio : 2 ** ((Array.isArray(vae.block_out_channels) ? vae.block_out_channels.length : 4) - 1);
  const temporal = typeof vae.temporal_compression_ratio === 'number' ? vae.temporal_compression_ratio : 1;
  const numFrames = options.numFrames ?? defaults.numFrames ?? 1;
  const pictures = options.numImages ?? 1;
  const rows = pictures * (defaults.guidanceScale > 1 && family.denoiser.batchesGuidance ? 2 : 1);
  const size: RunSize = { width: options.width ?? defaults.width, height: options.height ?? defaults.height, rows, pictures, frames: Math.ceil((numFrames - 1) / temporal) + 1 };
  return (component) => {
    if (component.startsWith('vae')) return vaeActivations(vae, { ...size, frames: facts.makesFilms ? numFrames : 1 }, scale);
    if (component === 'transformer') return transformerActivations(config(component), size, scale, t5Tokens);
    if (component === 'unet' || component === 'controlnet') return unetActivations(config(component), size, scale);
    return textActivations(config(component), rows, config(component).model_type === 't5' ? t5Tokens : clipTokens);
  };
}

/** Undefined for a pipeline that cannot be run: loading it says so. */
function factsOf(model: ModelInfo): ModelFacts | undefined {
  try {
    return describeModel(model);
  } catch {
    return undefined;
  }
}
