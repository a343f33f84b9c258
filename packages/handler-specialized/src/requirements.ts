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
import { onnxVariants, type OnnxVariant } from '@llmi/runtime-transformers';
import { tasksOf } from './find-tasks.js';
import { kindsOf } from './kinds.js';

/** Node with ONNX Runtime and a tokenizer's library before any model: resident memory, measured on Linux x64. */
const runtimeBytes = 105_000_000;
/** The library that decodes pictures. */
const pictureBytes = 35_000_000;
const floatBytes = 4;
/** Tokens of a request that `min` and `recommended` are for. */
const shortTokens = 32;
const usualTokens = 512;
/** Beside the weights ONNX Runtime keeps its matrices packed as it multiplies them: 1.4 to 1.6 times the files, measured in fp32 and q8. fp16 is widened first. */
const packedCopies = 1.5;
/** A vocabulary as JavaScript objects takes this many times its file. */
const tokenizerGrowth = 12;

/** Memory and disk for one model, each figure from its files and its configuration. */
export function deriveRequirements(model: ModelInfo): ModelRequirements {
  const graphs = graphsOf(model);
  const weights = graphs.reduce((sum, { bytes }) => sum + bytes, 0);
  const longest = Math.min(contextLengthOf(model) ?? usualTokens, usualTokens);
  const [short, long] = [memoryParts(model, graphs, Math.min(shortTokens, longest)), memoryParts(model, graphs, longest)];
  const onGpu = (parts: MemoryPart[]) => weights + parts.at(-1)!.bytes;
  return modelRequirementsSchema.parse({
    modelType: model.modelType ?? 'unknown',
    modelFamily: model.modelType ?? 'unknown',
    primaryLibrary: 'onnxruntime-node',
    systemDependencies: onnxSystemDependencies(),
    memoryRequirements: { min: toGigabytes(sumOf(short)), recommended: toGigabytes(sumOf(long)), gpuMin: toGigabytes(onGpu(short)), gpuRecommended: toGigabytes(onGpu(long)) },
    memoryParts: long,
    diskBytes: chosenFiles(model).reduce((total, { sizeBytes }) => total + sizeBytes, 0),
    ...(model.safetensors ? { parameterCount: model.safetensors.parameterCount } : {}),
    parameterSource: model.safetensors ? 'safetensors' : 'unknown',
    ...(contextLengthOf(model) === undefined ? {} : { maxContextLength: contextLengthOf(model) }),
    quantization: graphs.at(-1)!.dtype,
  } satisfies ModelRequirementsInput);
}

/** Each dtype that every graph of the model can be had in, with the memory of a process that runs it. */
export function quantizationOptions(model: ModelInfo): QuantizationOption[] {
  const whole = { ...model, chosenFiles: [] };
  const dtypes = [...new Set(onnxVariants(whole).map(({ dtype }) => dtype))];
  return dtypes.flatMap((dtype) => {
    const graphs = graphsOrNone(whole, dtype);
    if (!graphs) return [];
    const files = graphs.flatMap((graph) => graph.files);
    return [{ name: dtype, diskBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), memoryBytes: sumOf(memoryParts(whole, graphs, usualTokens)), files: files.map(({ path }) => path) }];
  });
}

/** Tokens that the model reads at once, where its files say it. */
export function contextLengthOf(model: ModelInfo): number | undefined {
  const config = jsonFile(model, 'config.json');
  const found = [config?.max_position_embeddings, config?.n_positions].find((value) => typeof value === 'number' && value > 0);
  return found as number | undefined;
}

const sumOf = (parts: MemoryPart[]) => parts.reduce((total, { bytes }) => total + bytes, 0);

function graphsOf(model: ModelInfo, dtype?: string): OnnxVariant[] {
  return kindsOf(model)[tasksOf(model)[0]].graphs(model, dtype);
}

function graphsOrNone(model: ModelInfo, dtype: string): OnnxVariant[] | undefined {
  try {
    return graphsOf(model, dtype);
  } catch {
    return undefined; // a graph of the model is not there in this dtype
  }
}

function memoryParts(model: ModelInfo, graphs: readonly OnnxVariant[], tokens: number): MemoryPart[] {
  const tokenizerFile = model.files.find(({ path }) => path === 'tokenizer.json')?.sizeBytes ?? 0;
  const [task] = tasksOf(model);
  const measured = kindsOf(model)[task].activations;
  const readsPictures = task === 'image-to-text';
  return [
    { name: 'runtime', bytes: runtimeBytes + (readsPictures ? pictureBytes : 0), derivation: `Node and ONNX Runtime${readsPictures ? ', with sharp' : ''}, measured` },
    { name: 'tokenizer', bytes: tokenizerFile * tokenizerGrowth, derivation: `${tokenizerGrowth} x tokenizer.json of ${tokenizerFile} bytes` },
    weightsPart(graphs),
    (tokens > shortTokens ? measured?.large : measured?.small) ?? activations(model, tokens),
  ];
}

function weightsPart(graphs: readonly OnnxVariant[]): MemoryPart {
  const factor = ({ dtype }: OnnxVariant) => packedCopies * (dtype === 'fp16' ? 2 : 1);
  return {
    name: 'weights',
    bytes: graphs.reduce((sum, graph) => sum + graph.bytes * factor(graph), 0),
    derivation: graphs.map((graph) => `${factor(graph)} x ${graph.path} of ${graph.bytes} bytes`).join(' + '),
  };
}

/**
 * Live at once, in float32: in a layer the residual, its norm and what goes in and out (4 x hidden) with the feed-forward network
 * (2 x intermediate) or the attention scores (2 x heads x tokens), for each token; and the scores over the vocabulary where there are.
 */
function activations(model: ModelInfo, tokens: number): MemoryPart {
  const config = (jsonFile(model, 'config.json') ?? {}) as Record<string, unknown>;
  const own = { ...(config.encoder as object | undefined), ...(config.decoder as object | undefined), ...config } as Record<string, unknown>;
  const number = (usual: number, ...names: string[]) => (names.map((name) => own[name]).find((value) => typeof value === 'number') as number | undefined) ?? usual;
  const hidden = number(0, 'hidden_size', 'd_model');
  const intermediate = number(4 * hidden, 'intermediate_size', 'd_ff', 'encoder_ffn_dim', 'ffn_dim');
  const heads = number(Math.ceil(hidden / 64), 'num_attention_heads', 'num_heads', 'encoder_attention_heads');
  const scored = tasksOf(model)[0] === 'fill-mask' ? tokens : 1;
  const vocabulary = number(0, 'vocab_size') * scored * 2;
  const widest = Math.max(2 * intermediate, 2 * heads * tokens);
  return { name: 'activations', bytes: (tokens * (4 * hidden + widest) + vocabulary) * floatBytes, derivation: `(${tokens} tokens x (4 x ${hidden} + ${widest}) + ${vocabulary} scores) x ${floatBytes} bytes` };
}
