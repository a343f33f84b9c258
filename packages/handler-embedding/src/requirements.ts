import {
  chosenFiles,
  modelRequirementsSchema,
  toGigabytes,
  type MemoryPart,
  type ModelInfo,
  type ModelRequirements,
  type ModelRequirementsInput,
  type QuantizationOption,
  type Work,
} from '@llmi/core';
import { onnxSystemDependencies } from '@llmi/runtime-onnx';
import { batchTokens } from './batches.js';
import { isEightBit, type OnnxVariant } from './onnx-files.js';

/** One network that is run, and how long its inputs can be. */
export interface Network {
  variant: OnnxVariant;
  /** Its part of config.json. */
  config: Record<string, unknown>;
  /** Tokens of the longest text, or patches of a picture. */
  maxTokens: number;
  /** The same for a short text; a picture is always as long. */
  minTokens?: number;
  /** Inputs of that length that are run together; default: as many as a batch holds. */
  rows?: number;
  /** Of its vectors, where the configuration does not say. */
  width?: number | undefined;
}

/** Everything of a model that is in memory. */
export interface RunNeeds {
  networks: Network[];
  tokenizerPath: string;
  /** Of texts. */
  maxTokens: number;
  positionLimit: number | undefined;
  /** What else is resident. */
  extra?: MemoryPart[];
}

/** Node and ONNX Runtime before any model: resident memory, measured on Linux x64. */
const runtimeBytes = 112_000_000;
/** The JavaScript form of a tokenizer, per byte of tokenizer.json: measured with vocabularies of 30,000 to 250,000 tokens. */
const tokenizerFactor = 25;
const floatBytes = 4;

/** Tokens of the text whose speed is told: a sentence or two. */
const textTokens = 32;

/** Tokens of the text that the minimum is for. */
const shortText = 128;

/** Memory and disk for one model, each figure from its files and its config.json. */
export function deriveRequirements(model: ModelInfo, needs: RunNeeds): ModelRequirements {
  const parts = memoryParts(model, needs);
  const short: RunNeeds = { ...needs, networks: needs.networks.map((network) => ({ ...network, maxTokens: network.minTokens ?? Math.min(shortText, network.maxTokens) })) };
  const onGpu = ({ networks }: RunNeeds) => weightsOf(networks) + Math.max(...networks.map((network) => activations(network).bytes));
  const [first] = needs.networks;
  return modelRequirementsSchema.parse({
    modelType: model.modelType ?? 'unknown',
    modelFamily: model.modelType ?? 'unknown',
    primaryLibrary: 'onnxruntime-node',
    systemDependencies: onnxSystemDependencies(),
    memoryRequirements: {
      min: toGigabytes(sumOf(memoryParts(model, short))),
      recommended: toGigabytes(sumOf(parts)),
      gpuMin: toGigabytes(onGpu(short)),
      gpuRecommended: toGigabytes(onGpu(needs)),
    },
    memoryParts: parts,
    diskBytes: chosenFiles(model).reduce((total, { sizeBytes }) => total + sizeBytes, 0),
    ...(model.safetensors ? { parameterCount: model.safetensors.parameterCount } : {}),
    parameterSource: model.safetensors ? 'safetensors' : 'unknown',
    maxContextLength: needs.positionLimit ?? needs.maxTokens,
    defaultContextLength: needs.maxTokens,
    quantization: first!.variant.dtype,
    ...textWork(first!),
  } satisfies ModelRequirementsInput);
}

/** Each choice of .onnx files of the repository, with the memory of a process that runs it. */
export function quantizationOptions(model: ModelInfo, choices: readonly RunNeeds[]): QuantizationOption[] {
  return choices.map((needs) => ({
    name: needs.networks[0]!.variant.dtype,
    diskBytes: weightsOf(needs.networks),
    memoryBytes: sumOf(memoryParts(model, needs)),
    files: needs.networks.flatMap(({ variant }) => variant.files.map(({ path }) => path)),
  }));
}

function weightsOf(networks: readonly Network[]): number {
  return networks.reduce((sum, { variant }) => sum + variant.bytes, 0);
}

function sumOf(parts: MemoryPart[]): number {
  return parts.reduce((total, { bytes }) => total + bytes, 0);
}

/**
 * What is resident at the peak, which is either the end of loading or the longest batch. Weights count in full although external data
 * may stay mapped from its file: the system could drop it, and every batch would wait for the disk.
 */
function memoryParts(model: ModelInfo, { networks, tokenizerPath, extra = [] }: RunNeeds): MemoryPart[] {
  const tokenizerBytes = model.files.find(({ path }) => path === tokenizerPath)?.sizeBytes ?? 0;
  const weights = networks.map(({ variant }): MemoryPart => {
    const names = variant.files.map(({ path }) => path).join(' + ');
    const widened = isHalf(variant.dtype);
    return { name: 'weights', bytes: variant.bytes * (widened ? 2 : 1), derivation: `${widened ? '2 x ' : ''}${names} of ${variant.bytes} bytes${widened ? ', widened to float32 for the CPU' : ''}` };
  });
  const moments = networks.flatMap((network) => [loading(network), activations(network)]);
  return [
    { name: 'runtime', bytes: runtimeBytes, derivation: 'Node and ONNX Runtime, measured' },
    ...extra,
    { name: 'tokenizer', bytes: tokenizerBytes * tokenizerFactor, derivation: `${tokenizerFactor} x tokenizer.json of ${tokenizerBytes} bytes` },
    ...weights,
    moments.reduce((most, moment) => (moment.bytes > most.bytes ? moment : most)),
  ];
}

function isHalf(dtype: string): boolean {
  return dtype === 'fp16';
}

/**
 * What loading takes for a moment: ONNX Runtime copies tensor after tensor out of the file that it holds in memory. The largest is the
 * table of word embeddings; of a float16 file everything is there once more. External data is mapped instead.
 */
function loading({ variant: { dtype, files, bytes }, config }: Network): MemoryPart {
  const name = 'loading';
  if (files.length > 1) return { name, bytes: 0, derivation: 'external data is mapped' };
  if (isHalf(dtype)) return { name, bytes, derivation: `the file of ${bytes} bytes beside the widened weights` };
  const number = configNumbers(config);
  const [vocabulary, width] = [number('vocab_size') ?? 0, number('hidden_size', 'dim', 'n_embd', 'd_model') ?? 0];
  const elementBytes = isEightBit(dtype) ? 1 : floatBytes;
  const table = Math.min(bytes, vocabulary * width * elementBytes);
  return { name, bytes: table, derivation: `a copy of the word embeddings: ${vocabulary} tokens x ${width} x ${elementBytes} bytes` };
}

/**
 * Live at once in a transformer layer, in float32: the residual, its norm and what goes in and out (4 x hidden), and either the
 * feed-forward network before and after its activation (3 x intermediate) or the attention scores with their softmax (2 x heads x tokens).
 */
function activations({ config, maxTokens, rows, width }: Network): MemoryPart {
  const number = configNumbers(config);
  const hidden = number('hidden_size', 'dim', 'n_embd', 'd_model') ?? width ?? 1024;
  const intermediate = number('intermediate_size', 'hidden_dim', 'n_inner', 'd_ff') ?? 4 * hidden;
  const heads = number('num_attention_heads', 'n_heads', 'n_head', 'num_heads') ?? Math.ceil(hidden / 64);
  const tokens = rows === undefined ? Math.max(batchTokens, maxTokens) : rows * maxTokens; // of a batch
  const [network, scores] = [3 * intermediate, 2 * heads * maxTokens];
  const widest = scores > network ? `2 x ${heads} heads x ${maxTokens}` : `3 x ${intermediate}`;
  return {
    name: 'activations',
    bytes: tokens * (4 * hidden + Math.max(network, scores)) * floatBytes,
    derivation: `${tokens} tokens x (4 x ${hidden} + ${widest}) x ${floatBytes} bytes`,
  };
}

/**
 * What a short text costs when many are embedded together: two operations per weight of the layers and token. The weights are read once
 * for a whole batch. Products of bytes take about half as long as those of floats.
 */
function textWork({ variant: { dtype, bytes }, config }: Network): { work?: Work } {
  const number = configNumbers(config);
  const [layers, hidden] = [number('num_hidden_layers', 'n_layers', 'n_layer', 'num_layers'), number('hidden_size', 'dim', 'n_embd', 'd_model')];
  if (layers === undefined || hidden === undefined) return {};
  const intermediate = number('intermediate_size', 'hidden_dim', 'n_inner', 'd_ff') ?? 4 * hidden;
  const weights = layers * (4 * hidden * hidden + 2 * hidden * intermediate);
  const operations = 2 * weights * textTokens * (isEightBit(dtype) ? 0.5 : 1);
  return {
    work: {
      unit: `text of ${textTokens} tokens`,
      bytes: (bytes * textTokens) / batchTokens,
      operations,
      derivation: `2 x ${(weights / 1e6).toFixed(1)} M weights x ${textTokens} tokens${isEightBit(dtype) ? ' / 2 for bytes' : ''}`,
    },
  };
}

/** Reads the first number of config.json that has one of some names. */
function configNumbers(config: Record<string, unknown>): (...names: string[]) => number | undefined {
  return (...names) => names.map((name) => config[name]).find((value) => typeof value === 'number');
}
