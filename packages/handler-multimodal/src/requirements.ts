import { chosenFiles, jsonFile, modelRequirementsSchema, toGigabytes, type MemoryPart, type ModelInfo, type ModelRequirements, type ModelRequirementsInput, type QuantizationOption } from '@llmi/core';
import { onnxSystemDependencies } from '@llmi/runtime-onnx';
import { chooseGraphs, onnxVariants, type OnnxVariant } from '@llmi/runtime-transformers';
import { multimodalGraphs } from './multimodal-graphs.js';

/** Node with ONNX Runtime, sharp and a tokenizer's library before any model: resident memory, measured on Linux x64. */
const runtimeBytes = 140_000_000;
const floatBytes = 4;
const tokenizerGrowth = 12; // a vocabulary as JavaScript objects takes this many times its file
/** Pictures with a question, of 576 tokens each, that `min` and `recommended` are for; the answer and the words with them. */
const [fewTokens, usualTokens] = [640, 2048];
const pictureFloats = 8e6; // of a picture of 336 by 336 on its way through its tower: 577 positions, 24 layers one after another

/** Memory and disk for one model, each figure from its files and its configuration. */
export function deriveRequirements(model: ModelInfo): ModelRequirements {
  const graphs = chooseGraphs(model, multimodalGraphs);
  const [few, usual] = [memoryParts(model, graphs, fewTokens), memoryParts(model, graphs, usualTokens)];
  const onGpu = (parts: MemoryPart[]) => sumOf(parts.slice(2));
  return modelRequirementsSchema.parse({
    modelType: model.modelType ?? 'llava',
    modelFamily: model.modelType ?? 'llava',
    primaryLibrary: 'onnxruntime-node',
    systemDependencies: onnxSystemDependencies(),
    memoryRequirements: { min: toGigabytes(sumOf(few)), recommended: toGigabytes(sumOf(usual)), gpuMin: toGigabytes(onGpu(few)), gpuRecommended: toGigabytes(onGpu(usual)) },
    memoryParts: usual,
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
  return dtypes.flatMap((name) => {
    const graphs = graphsIn(whole, name);
    const files = graphs.flatMap((graph) => graph.files);
    return graphs.length === 0 ? [] : [{ name, diskBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), memoryBytes: sumOf(memoryParts(whole, graphs, usualTokens)), files: files.map(({ path }) => path) }];
  });
}

/** Tokens that the model reads at once, where its files say it. */
export function contextLengthOf(model: ModelInfo): number | undefined {
  const length = languageOf(model).max_position_embeddings;
  return typeof length === 'number' ? length : undefined;
}

const sumOf = (parts: MemoryPart[]) => parts.reduce((total, { bytes }) => total + bytes, 0);

function languageOf(model: ModelInfo): Record<string, unknown> {
  const config = jsonFile(model, 'config.json') ?? {};
  return (config.text_config ?? config) as Record<string, unknown>;
}

function graphsIn(model: ModelInfo, dtype: string): OnnxVariant[] {
  try {
    return chooseGraphs(model, multimodalGraphs, dtype);
  } catch {
    return []; // a graph of the model is not there in this dtype
  }
}

function memoryParts(model: ModelInfo, graphs: readonly OnnxVariant[], tokens: number): MemoryPart[] {
  const tokenizerFile = model.files.find(({ path }) => path === 'tokenizer.json')?.sizeBytes ?? 0;
  const language = languageOf(model);
  const number = (name: string, usual: number) => (typeof language[name] === 'number' ? (language[name] as number) : usual);
  const hidden = number('hidden_size', 2048);
  const heads = number('num_attention_heads', 16);
  const [layers, kvHeads, headSize] = [number('num_hidden_layers', 24), number('num_key_value_heads', heads), number('head_dim', hidden / heads)];
  const widened = ({ dtype, bytes }: OnnxVariant) => bytes * (dtype === 'fp16' ? 2 : 1);
  return [
    { name: 'runtime', bytes: runtimeBytes, derivation: 'Node, ONNX Runtime and sharp, measured' },
    { name: 'tokenizer', bytes: tokenizerFile * tokenizerGrowth, derivation: `${tokenizerGrowth} x tokenizer.json of ${tokenizerFile} bytes` },
    { name: 'weights', bytes: graphs.reduce((sum, graph) => sum + widened(graph), 0), derivation: graphs.map((graph) => `${graph.dtype === 'fp16' ? '2 x ' : ''}${graph.path} of ${graph.bytes} bytes`).join(' + ') },
    { name: 'KV cache', bytes: 4 * layers * kvHeads * headSize * tokens * floatBytes, derivation: `2 (before and after a step) x 2 x ${layers} layers x ${kvHeads} KV heads x ${headSize} x ${tokens} tokens x ${floatBytes} bytes` },
    { name: 'activations', bytes: (tokens * 8 * hidden + heads * tokens * tokens + pictureFloats) * floatBytes, derivation: `(${tokens} tokens x 8 x ${hidden} + ${heads} heads x ${tokens} x ${tokens} + ${pictureFloats} of a picture) x ${floatBytes} bytes` },
  ];
}
