import { chosenFiles, modelRequirementsSchema, toGigabytes, type MemoryPart, type ModelInfo, type ModelRequirements, type ModelRequirementsInput, type QuantizationOption } from '@llmi/core';
import { ggufOf, readGgufEmbedFacts } from './gguf-facts.js';
import { chooseGguf, ggufVariants, type GgufVariant } from './gguf-files.js';

/** Node and llama.cpp before any model, and what tokenizing leaves in the heap: resident memory, measured on Linux x64. */
const runtimeBytes = 155_000_000;
/** A token in llama.cpp's tables and in JavaScript, and once more in the tokenizer that is made of a BERT vocabulary. */
const tokenBytes = 560;
const wordPieceBytes = 330;
const floatBytes = 4;
const halfBytes = 2; // keys and values are kept as float16
const batchTokens = 512; // of a causal model: node-llama-cpp's default
const cellStep = 256; // llama.cpp rounds contexts up to this
const shortText = 128;

/** Memory and disk of a GGUF embedding model or reranker, each figure from its header. */
export function deriveGgufRequirements(model: ModelInfo): ModelRequirements {
  const variant = chooseGguf(model);
  const { settings } = readGgufEmbedFacts(model);
  const { parameterCount } = ggufOf(model);
  const parts = memoryParts(model, variant, settings.maxTokens);
  const least = memoryParts(model, variant, Math.min(shortText, settings.maxTokens));
  const onGpu = (all: MemoryPart[]) => sumOf(all.filter(({ name }) => name !== 'runtime' && name !== 'vocabulary'));
  return modelRequirementsSchema.parse({
    modelType: model.modelType ?? 'unknown',
    modelFamily: model.modelType ?? 'unknown',
    primaryLibrary: 'node-llama-cpp',
    memoryRequirements: { min: toGigabytes(sumOf(least)), recommended: toGigabytes(sumOf(parts)), gpuMin: toGigabytes(onGpu(least)), gpuRecommended: toGigabytes(onGpu(parts)) },
    memoryParts: parts,
    diskBytes: chosenFiles(model).reduce((total, { sizeBytes }) => total + sizeBytes, 0),
    parameterCount,
    parameterSource: 'gguf',
    maxContextLength: settings.positionLimit ?? settings.maxTokens,
    defaultContextLength: settings.maxTokens,
    quantization: variant.quantization,
  } satisfies ModelRequirementsInput);
}

/** Each GGUF model of the repository, with the memory of a process that runs it. */
export function ggufQuantizations(model: ModelInfo): QuantizationOption[] {
  const { settings } = readGgufEmbedFacts(model);
  return ggufVariants(model, model.files).map((variant) => ({
    name: variant.quantization,
    diskBytes: variant.bytes,
    memoryBytes: sumOf(memoryParts(model, variant, settings.maxTokens)),
    files: variant.files.map(({ path }) => path),
  }));
}

/**
 * What is resident at the peak: in a layer either the feed-forward network or the attention scores of every head with their softmax. An
 * encoder has all tokens of the longest text in one batch and keeps nothing; a causal model keeps keys and values.
 */
function memoryParts(model: ModelInfo, { files, bytes }: GgufVariant, maxTokens: number): MemoryPart[] {
  const { architecture, metadata } = ggufOf(model);
  const number = (name: string) => Number(metadata[`${architecture}.${name}`] ?? 0);
  const list = metadata['tokenizer.ggml.tokens'];
  const tokens = typeof list === 'number' ? list : ((list as { length?: number } | undefined)?.length ?? 0);
  const perToken = tokenBytes + (metadata['tokenizer.ggml.model'] === 'bert' ? wordPieceBytes : 0);
  const [width, inner, heads, layers] = [number('embedding_length'), number('feed_forward_length'), number('attention.head_count'), number('block_count')];
  const isEncoder = metadata[`${architecture}.attention.causal`] === false;
  const cells = Math.ceil((maxTokens + 1) / cellStep) * cellStep;
  const batch = isEncoder ? maxTokens + 1 : Math.min(batchTokens, cells);
  const kvWidth = isEncoder ? 0 : (number('attention.head_count_kv') || heads) * (number('attention.key_length') || width / Math.max(1, heads)) * 2;
  const [network, scores] = [3.25 * inner + 4 * width, 2 * heads * cells];
  const widest = scores > network ? `2 x ${heads} heads x ${cells}` : `3.25 x ${inner} + 4 x ${width}`;
  return [
    { name: 'runtime', bytes: runtimeBytes, derivation: 'Node, llama.cpp and tokenizing, measured' },
    { name: 'vocabulary', bytes: tokens * perToken, derivation: `${tokens} tokens x ${perToken} bytes` },
    { name: 'weights', bytes, derivation: `${files.map(({ path }) => path).join(' + ')} of ${bytes} bytes` },
    { name: 'KV cache', bytes: layers * kvWidth * cells * halfBytes, derivation: isEncoder ? 'an encoder keeps no keys and values' : `${layers} layers x ${kvWidth} x ${cells} tokens x ${halfBytes} bytes` },
    { name: 'activations', bytes: batch * Math.max(network, scores) * floatBytes, derivation: `${batch} tokens x (${widest}) x ${floatBytes} bytes` },
  ];
}

function sumOf(parts: readonly MemoryPart[]): number {
  return parts.reduce((total, { bytes }) => total + bytes, 0);
}
