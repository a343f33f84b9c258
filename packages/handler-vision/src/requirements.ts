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
} from '@llmi/core';
import { onnxSystemDependencies } from '@llmi/runtime-onnx';
import { chooseOnnx, onnxVariants, type OnnxVariant } from './onnx-files.js';

/** Node, ONNX Runtime and sharp before any model: resident memory, measured on Linux x64. */
const runtimeBytes = 150_000_000;
const floatBytes = 4;
/** A photograph as a telephone takes it, decoded, and one more being decoded. */
const photographBytes = 2 * 12_000_000 * 3;
/** Pictures that go through the graph together when a request has many. */
const batchPictures = 8;
/** Channels of a convolutional network at half the resolution of its input, where most of its memory is. */
const convolutionChannels = 64;
/** Maps of features that live at the same time: what goes into a layer, what comes out, and the one kept for the sum. */
const liveMaps = 3;
const usualSide = 224;

/** Memory and disk for one model, each figure from its files and its configuration. */
export function deriveRequirements(model: ModelInfo): ModelRequirements {
  const variant = chooseOnnx(model);
  const [one, many] = [memoryParts(model, variant, 1), memoryParts(model, variant, batchPictures)];
  const onGpu = (pictures: number) => variant.bytes + activations(model, pictures).bytes;
  return modelRequirementsSchema.parse({
    modelType: model.modelType ?? 'unknown',
    modelFamily: model.modelType ?? 'unknown',
    primaryLibrary: 'onnxruntime-node',
    systemDependencies: onnxSystemDependencies(),
    memoryRequirements: { min: toGigabytes(sumOf(one)), recommended: toGigabytes(sumOf(many)), gpuMin: toGigabytes(onGpu(1)), gpuRecommended: toGigabytes(onGpu(batchPictures)) },
    memoryParts: many,
    diskBytes: chosenFiles(model).reduce((total, { sizeBytes }) => total + sizeBytes, 0),
    ...(model.safetensors ? { parameterCount: model.safetensors.parameterCount } : {}),
    parameterSource: model.safetensors ? 'safetensors' : 'unknown',
    quantization: variant.dtype,
  } satisfies ModelRequirementsInput);
}

/** Each graph of the repository, with the memory of a process that runs it. */
export function quantizationOptions(model: ModelInfo): QuantizationOption[] {
  return onnxVariants(model, model.files).map((variant) => ({
    name: variant.dtype,
    diskBytes: variant.bytes,
    memoryBytes: sumOf(memoryParts(model, variant, batchPictures)),
    files: variant.files.map(({ path }) => path),
  }));
}

const sumOf = (parts: MemoryPart[]) => parts.reduce((total, { bytes }) => total + bytes, 0);

function memoryParts(model: ModelInfo, variant: OnnxVariant, pictures: number): MemoryPart[] {
  const widened = variant.dtype === 'fp16';
  return [
    { name: 'runtime', bytes: runtimeBytes, derivation: 'Node, ONNX Runtime and sharp, measured' },
    { name: 'pictures', bytes: photographBytes, derivation: '2 photographs x 12,000,000 pixels x 3 bytes' },
    { name: 'weights', bytes: variant.bytes * (widened ? 2 : 1), derivation: `${widened ? '2 x ' : ''}${variant.path} of ${variant.bytes} bytes${widened ? ', widened to float32 for the CPU' : ''}` },
    activations(model, pictures),
  ];
}

/**
 * Live at once, in float32. In a transformer layer: the residual, its norm and what goes in and out (4 x hidden), and either the
 * feed-forward network (2 x intermediate) or the attention scores with their softmax (2 x heads x tokens), for each patch. In a
 * convolutional network: maps of features at half resolution.
 */
function activations(model: ModelInfo, pictures: number): MemoryPart {
  const config = jsonFile(model, 'config.json') ?? {};
  const vision = (config.vision_config ?? config.backbone_config ?? config) as Record<string, unknown>;
  const number = (...names: string[]) => names.flatMap((name) => [vision[name], config[name]]).find((value) => typeof value === 'number');
  const { width, height } = inputSide(model, vision);
  const [patch, hidden] = [number('patch_size'), number('hidden_size', 'd_model')];
  const name = 'activations';
  if (patch === undefined || hidden === undefined) {
    const bytes = pictures * (width / 2) * (height / 2) * convolutionChannels * liveMaps * floatBytes;
    return { name, bytes, derivation: `${pictures} pictures x ${width / 2} x ${height / 2} x ${convolutionChannels} channels x ${liveMaps} maps x ${floatBytes} bytes` };
  }
  const tokens = Math.ceil(width / patch) * Math.ceil(height / patch) + 1;
  const intermediate = number('intermediate_size') ?? 4 * hidden;
  const heads = number('num_attention_heads') ?? Math.ceil(hidden / 64);
  const widest = Math.max(2 * intermediate, 2 * heads * tokens);
  return { name, bytes: pictures * tokens * (4 * hidden + widest) * floatBytes, derivation: `${pictures} pictures x ${tokens} patches x (4 x ${hidden} + ${widest}) x ${floatBytes} bytes` };
}

/** The size that pictures are brought to: of the preprocessor, else of the network. */
function inputSide(model: ModelInfo, vision: Record<string, unknown>): { width: number; height: number } {
  const { size, crop_size } = (jsonFile(model, 'preprocessor_config.json') ?? {}) as Record<string, Record<string, unknown> | number | undefined>;
  for (const given of [crop_size, size, vision.image_size]) {
    if (typeof given === 'number') return { width: given, height: given };
    if (Array.isArray(given) && typeof given[0] === 'number') return { height: given[0], width: (given[1] as number | undefined) ?? given[0] };
    if (typeof given !== 'object' || given === null) continue;
    const sides = given as Record<string, unknown>;
    const [height, width] = [sides.height ?? sides.shortest_edge ?? sides.longest_edge, sides.width ?? sides.longest_edge ?? sides.shortest_edge];
    if (typeof height === 'number' && typeof width === 'number') return { width, height };
  }
  return { width: usualSide, height: usualSide };
}
