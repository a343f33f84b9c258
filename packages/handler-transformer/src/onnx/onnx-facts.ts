import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { chosenFiles, jsonFile, modelRequirementsSchema, toGigabytes, type MemoryPart, type ModelInfo, type ModelRequirements, type ModelRequirementsInput, type QuantizationOption, type Validation } from '@llmi/core';
import { chooseGraphs, onnxVariants, textGraphs, type OnnxVariant } from '@llmi/runtime-transformers';
import { systemDependencies } from '../system-dependencies.js';

/** Node with ONNX Runtime before any model: resident memory, measured on Linux x64. */
const runtimeBytes = 105_000_000;
/** Beside the weights ONNX Runtime keeps its matrices packed as it multiplies them: 1.4 to 1.6 times the files, measured. fp16 is widened first. */
const packedCopies = 1.5;
/** A vocabulary as JavaScript objects takes this many times its file. */
const tokenizerGrowth = 12;
/** A step has the cache that it reads and the one that it writes. */
const cacheCopies = 2;
const floatBytes = 4;
const shortContext = 512;
const usualContext = 4096;

type Numbers = (...names: string[]) => number | undefined;

function numbersOf(model: ModelInfo): Numbers {
  const config = jsonFile(model, 'config.json') ?? {};
  const own = { ...config, ...(config.text_config as object | undefined) } as Record<string, unknown>;
  return (...names) => names.map((name) => own[name]).find((value): value is number => typeof value === 'number');
}

/** Longest context in tokens that the model was made for. */
export function onnxContext(model: ModelInfo): number | undefined {
  return numbersOf(model)('max_position_embeddings', 'n_positions', 'max_seq_len', 'seq_length');
}

/** Memory and disk for a model in ONNX format, each figure from its files and its configuration. */
export function onnxRequirements(model: ModelInfo): ModelRequirements {
  const graphs = chooseGraphs(model, textGraphs);
  const longest = onnxContext(model);
  const context = Math.min(longest ?? usualContext, usualContext);
  const [short, long] = [memoryParts(model, graphs, Math.min(shortContext, context)), memoryParts(model, graphs, context)];
  const onGpu = (parts: MemoryPart[]) => sumOf(parts.filter(({ name }) => name === 'weights' || name === 'KV cache'));
  return modelRequirementsSchema.parse({
    modelType: model.modelType ?? 'unknown',
    modelFamily: model.modelType ?? 'unknown',
    primaryLibrary: 'onnxruntime-node',
    systemDependencies: systemDependencies(),
    memoryRequirements: { min: toGigabytes(sumOf(short)), recommended: toGigabytes(sumOf(long)), gpuMin: toGigabytes(onGpu(short)), gpuRecommended: toGigabytes(onGpu(long)) },
    memoryParts: long,
    diskBytes: chosenFiles(model).reduce((total, { sizeBytes }) => total + sizeBytes, 0),
    ...(model.safetensors ? { parameterCount: model.safetensors.parameterCount } : {}),
    parameterSource: model.safetensors ? 'safetensors' : 'unknown',
    ...(longest === undefined ? {} : { maxContextLength: longest }),
    defaultContextLength: context,
    quantization: graphs[0]!.dtype,
  } satisfies ModelRequirementsInput);
}

/** Each dtype that the repository offers, smallest first; memory is for the usual context. */
export function onnxQuantizationOptions(model: ModelInfo): QuantizationOption[] {
  const stems = new Set(textGraphs.flat());
  const variants = onnxVariants(model, model.files).filter(({ stem }) => stems.has(stem));
  const context = Math.min(onnxContext(model) ?? usualContext, usualContext);
  return [...new Set(variants.map(({ dtype }) => dtype))]
    .map((name) => {
      const graphs = variants.filter(({ dtype }) => dtype === name);
      const files = graphs.flatMap((graph) => graph.files);
      return { name, diskBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), memoryBytes: sumOf(memoryParts(model, graphs, context)), files: files.map(({ path }) => path) };
    })
    .sort((left, right) => left.diskBytes - right.diskBytes);
}

/** Names each chosen file that is missing or of another size. */
export async function validateOnnxFiles(model: ModelInfo, folder: string): Promise<Validation> {
  const problems: string[] = [];
  for (const { path, sizeBytes } of chosenFiles(model)) {
    const found = await stat(join(folder, path)).catch(() => undefined);
    if (!found?.isFile()) problems.push(`${path} is missing.`);
    else if (found.size !== sizeBytes) problems.push(`${path} has ${found.size} bytes instead of ${sizeBytes}.`);
  }
  return problems.length === 0 ? { ok: true } : { ok: false, error: problems.join(' '), hint: 'Install the model again.' };
}

const sumOf = (parts: MemoryPart[]) => parts.reduce((total, { bytes }) => total + bytes, 0);

function memoryParts(model: ModelInfo, graphs: readonly OnnxVariant[], context: number): MemoryPart[] {
  const tokenizer = model.files.find(({ path }) => path === 'tokenizer.json')?.sizeBytes ?? 0;
  const factor = ({ dtype }: OnnxVariant) => packedCopies * (dtype === 'fp16' ? 2 : 1);
  return [
    { name: 'runtime', bytes: runtimeBytes, derivation: 'Node and ONNX Runtime, measured' },
    { name: 'tokenizer', bytes: tokenizer * tokenizerGrowth, derivation: `${tokenizerGrowth} x tokenizer.json of ${tokenizer} bytes` },
    { name: 'weights', bytes: graphs.reduce((sum, graph) => sum + graph.bytes * factor(graph), 0), derivation: graphs.map((graph) => `${factor(graph)} x ${graph.path} of ${graph.bytes} bytes`).join(' + ') },
    cachePart(numbersOf(model), context),
  ];
}

function cachePart(number: Numbers, context: number): MemoryPart {
  const layers = number('num_hidden_layers', 'n_layer') ?? 0;
  const attention = number('num_attention_heads', 'n_head') ?? 0;
  const heads = number('num_key_value_heads') ?? attention;
  const size = number('head_dim') ?? (number('hidden_size', 'n_embd') ?? 0) / Math.max(1, attention);
  const bytes = 2 * layers * heads * size * context * floatBytes * cacheCopies;
  return { name: 'KV cache', bytes, derivation: `2 x ${layers} layers x ${heads} heads x ${size} x ${context} tokens x ${floatBytes} bytes x ${cacheCopies} copies` };
}
