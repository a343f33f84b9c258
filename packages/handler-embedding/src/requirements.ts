import { chosenFiles, jsonFile, modelRequirementsSchema, toGigabytes, type MemoryPart, type ModelInfo, type ModelRequirements, type ModelRequirementsInput, type SystemDependency } from '@llmi/core';
import { batchTokens } from './batches.js';
import { inFolder, type SentencePipeline } from './modules.js';
import { chooseOnnx } from './onnx-files.js';
import type { TextSettings } from './text-settings.js';

/** Node and ONNX Runtime before any model: resident memory, measured on Linux x64. */
const runtimeBytes = 120_000_000;
/** Matrices are kept packed beside the originals; measured: 1.0 to 1.3 bytes of memory per byte of file. */
const weightsFactor = 1.25;
/** The allocator grows its arena in powers of two. */
const arenaFactor = 2;
/** The JavaScript form of a tokenizer, per byte of tokenizer.json: measured with a Unigram vocabulary of 250,000 tokens; others take less. */
const tokenizerFactor = 25;
const floatBytes = 4;

/** Tokens of the text that the minimum is for. */
const shortText = 128;

/** Memory and disk for one model, each figure from its files and its config.json. */
export function deriveRequirements(model: ModelInfo, pipeline: SentencePipeline, settings: TextSettings): ModelRequirements {
  const variant = chooseOnnx(model);
  const files = chosenFiles(model);
  const tokenizerBytes = files.find(({ path }) => path === inFolder(pipeline.transformerFolder, 'tokenizer.json'))?.sizeBytes ?? 0;
  const parts: MemoryPart[] = [
    { name: 'runtime', bytes: runtimeBytes, derivation: 'Node and ONNX Runtime' },
    { name: 'weights', bytes: variant.bytes * weightsFactor, derivation: `${weightsFactor} x ${variant.files.map(({ path }) => path).join(' + ')} of ${variant.bytes} bytes` },
    { name: 'tokenizer', bytes: tokenizerBytes * tokenizerFactor, derivation: `${tokenizerFactor} x tokenizer.json of ${tokenizerBytes} bytes` },
    activations(model, pipeline, settings.maxTokens),
  ];
  const sum = (list: MemoryPart[]) => list.reduce((total, { bytes }) => total + bytes, 0);
  const shortest = activations(model, pipeline, Math.min(shortText, settings.maxTokens)).bytes;
  const minimum = sum(parts.slice(0, -1)) + shortest;
  const onDevice = variant.bytes + parts.at(-1)!.bytes;
  return modelRequirementsSchema.parse({
    modelType: model.modelType ?? 'unknown',
    modelFamily: model.modelType ?? 'unknown',
    primaryLibrary: 'onnxruntime-node',
    systemDependencies: systemDependencies(),
    memoryRequirements: {
      min: toGigabytes(minimum),
      recommended: toGigabytes(sum(parts)),
      gpuMin: toGigabytes(variant.bytes + shortest),
      gpuRecommended: toGigabytes(onDevice),
    },
    memoryParts: parts,
    diskBytes: files.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
    ...(model.safetensors ? { parameterCount: model.safetensors.parameterCount } : {}),
    parameterSource: model.safetensors ? 'safetensors' : 'unknown',
    maxContextLength: settings.positionLimit ?? settings.maxTokens,
    defaultContextLength: settings.maxTokens,
    quantization: variant.dtype,
  } satisfies ModelRequirementsInput);
}

/**
 * Live at once in a transformer layer, in float32: the residual and its norm, queries, keys, values and their result (6 x hidden), the
 * two sides of the feed-forward network (2 x intermediate), and the attention scores with their softmax (2 x heads x tokens).
 */
function activations(model: ModelInfo, pipeline: SentencePipeline, maxTokens: number): MemoryPart {
  const config = jsonFile(model, inFolder(pipeline.transformerFolder, 'config.json')) ?? {};
  const number = (...names: string[]) => names.map((name) => config[name]).find((value) => typeof value === 'number');
  const hidden = number('hidden_size', 'dim', 'n_embd', 'd_model') ?? pipeline.dimensions ?? 1024;
  const intermediate = number('intermediate_size', 'hidden_dim', 'n_inner', 'd_ff') ?? 4 * hidden;
  const heads = number('num_attention_heads', 'n_heads', 'n_head', 'num_heads') ?? Math.ceil(hidden / 64);
  const tokens = Math.max(batchTokens, maxTokens); // of a batch
  const perToken = 6 * hidden + 2 * intermediate + 2 * heads * maxTokens;
  return {
    name: 'activations',
    bytes: arenaFactor * tokens * perToken * floatBytes,
    derivation: `${arenaFactor} x ${tokens} tokens x (6 x ${hidden} + 2 x ${intermediate} + 2 x ${heads} heads x ${maxTokens}) x ${floatBytes} bytes`,
  };
}

/** ONNX Runtime's library is linked against glibc's C++ library. */
export function systemDependencies(): SystemDependency[] {
  if (process.platform !== 'linux') return [];
  return [
    {
      name: 'libstdc++',
      optional: false,
      reason: 'ONNX Runtime is written in C++ for glibc; it does not run on Alpine (musl).',
      probe: { libraries: ['libstdc++.so.6'] },
      install: { linux: 'apt-get install libstdc++6 (or use an image based on Debian instead of Alpine)' },
    },
  ];
}
