// Predicted against measured: the most memory that is resident while a model of random weights is loaded and answers, each in a process of its own.
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import embedding from '@llmi/handler-embedding';
import { ggufFileFacts, inspect, parseReference } from '@llmi/hub';
import { memoryParts } from '@llmi/runtime-llama-cpp';
import { runModel } from './arms/run-model.mjs';
import { randomArchitecture } from './models/random-architectures.mjs';
import { randomModel } from './models/random-gguf.mjs';
import { randomEncoder } from './models/random-onnx.mjs';

const llama = { architecture: 'llama', context: 32768 };
/** Shapes of known models: SmolLM, Qwen 2.5, Llama 3.2, TinyLlama without shared heads, Gemma 3, Qwen 3 with fewer experts, Mamba, Mistral. */
const models = {
  'SmolLM-135M-Q8_0': undefined,
  'Qwen2.5-0.5B-Q8_0': { architecture: 'qwen2', context: 32768, layers: 24, width: 896, heads: 14, kvHeads: 2, headSize: 64, feedForward: 4864, vocabulary: 151936, type: 'Q8_0' },
  'Llama-3.2-1B-Q4_K': { ...llama, layers: 16, width: 2048, heads: 32, kvHeads: 8, headSize: 64, feedForward: 8192, vocabulary: 128256, type: 'Q4_K', embeddingType: 'Q6_K' },
  'MHA-1.2B-Q8_0': { ...llama, layers: 22, width: 2048, heads: 32, kvHeads: 32, headSize: 64, feedForward: 5632, vocabulary: 32000, type: 'Q8_0' },
  'Gemma-3-1B-Q8_0': { architecture: 'gemma3', context: 32768, layers: 26, width: 1152, heads: 4, kvHeads: 1, headSize: 256, feedForward: 6912, vocabulary: 262144, window: 512, type: 'Q8_0' },
  'Qwen3-MoE-1B-Q8_0': { architecture: 'qwen3moe', context: 32768, layers: 8, width: 1024, heads: 16, kvHeads: 4, headSize: 128, feedForward: 6144, vocabulary: 151936, experts: { count: 32, used: 8, feedForward: 768 }, type: 'Q8_0' },
  'Mamba-130M-Q8_0': { architecture: 'mamba', context: 32768, layers: 24, width: 768, vocabulary: 50280, ssm: { kernel: 4, inner: 1536, state: 16, rank: 48 }, heads: 0, feedForward: 0, type: 'Q8_0' },
  'Mistral-7B-Q4_K': { ...llama, layers: 32, width: 4096, heads: 32, kvHeads: 8, headSize: 128, feedForward: 14336, vocabulary: 32000, type: 'Q4_K', embeddingType: 'Q6_K', tied: false },
};

/** [model, tokens of one request, requests at a time] */
const runs = [
  ['SmolLM-135M-Q8_0', 512, 1],
  ['SmolLM-135M-Q8_0', 2048, 1],
  ['SmolLM-135M-Q8_0', 2048, 4],
  ['Qwen2.5-0.5B-Q8_0', 4096, 1],
  ['Llama-3.2-1B-Q4_K', 512, 1],
  ['Llama-3.2-1B-Q4_K', 2048, 4],
  ['Llama-3.2-1B-Q4_K', 32768, 1],
  ['MHA-1.2B-Q8_0', 4096, 1],
  ['Gemma-3-1B-Q8_0', 8192, 1],
  ['Qwen3-MoE-1B-Q8_0', 2048, 1],
  ['Mamba-130M-Q8_0', 4096, 1],
  ['Mistral-7B-Q4_K', 4096, 1],
];

const encoder = { heads: 12, vocabulary: 30522, positions: 512 };
/** Shapes of all-MiniLM-L6, multilingual-e5-small, BERT base and large. */
const encoders = {
  'MiniLM-90MB': { ...encoder, layers: 6, width: 384, feedForward: 1536 },
  'E5-small-470MB': { ...encoder, layers: 12, width: 384, feedForward: 1536, vocabulary: 250037 },
  'BERT-base-436MB': { ...encoder, layers: 12, width: 768, feedForward: 3072 },
  'BERT-base-436MB-external': { ...encoder, layers: 12, width: 768, feedForward: 3072, external: true },
  'BERT-large-1.3GB-external': { ...encoder, layers: 24, width: 1024, heads: 16, feedForward: 4096, external: true },
};

/** [encoder, texts, words of each]; the words differ, so that many texts use all of the vocabulary. */
const encoderRuns = [
  ['MiniLM-90MB', 16, 30],
  ['MiniLM-90MB', 1, 510],
  ['E5-small-470MB', 4, 510],
  ['BERT-base-436MB', 1, 510],
  ['BERT-base-436MB-external', 60, 510],
  ['BERT-large-1.3GB-external', 4, 510],
];

export default async function bench() {
  return [...(await benchTextModels()), ...(await benchEncoders())];
}

async function benchTextModels() {
  const results = [];
  for (const [name, contextSize, parallel] of runs) {
    const path = models[name] ? await randomArchitecture(name, models[name]) : await randomModel();
    const gguf = await ggufFileFacts(path, basename(path));
    const weights = { bytes: gguf.tensorBytes, derivation: 'all tensors' };
    const predicted = total(memoryParts(weights, gguf.metadata, { contextSize, parallel }));
    const { peakBytes } = await runModel(import.meta.resolve('@llmi/handler-transformer'), {
      model: { id: `local/${name}`, source: 'file', architectures: [], tags: [], files: [{ path: basename(path), sizeBytes: statSync(path).size }], chosenFiles: [basename(path)], formats: ['gguf'], json: {}, text: {}, gguf },
      path,
      options: { contextSize, parallel, threads: 2, device: 'cpu' },
      requests: Array.from({ length: parallel }, (_, index) => ({ prompt: `${index} ${prompt(contextSize)}`, mode: 'complete', temperature: 0, maxTokens: 8 })),
    });
    results.push(row(`${name}, ${contextSize} tokens${parallel > 1 ? ` x ${parallel}` : ''}`, predicted, peakBytes));
  }
  return results;
}

async function benchEncoders() {
  const results = [];
  for (const [name, count, words] of encoderRuns) {
    const path = await randomEncoder(name, encoders[name]);
    const model = await inspect(parseReference(path), { endpoint: 'http://127.0.0.1', cacheDir: path });
    const { memoryParts: parts } = await embedding.create(model).analyze();
    const texts = Array.from({ length: count }, (_, text) => Array.from({ length: words }, (_, word) => `w${(text * words + word) % (encoders[name].vocabulary - 5)}`).join(' '));
    const { peakBytes } = await runModel(import.meta.resolve('@llmi/handler-embedding'), { model, path, options: { threads: 2 }, requests: [{ texts }] });
    results.push(row(`${name}, ${count} x ${words + 2} tokens`, total(parts), peakBytes));
  }
  return results;
}

/** More than a batch where the context has room, so that the buffers of a whole batch are used. */
function prompt(contextSize) {
  return 'small boats sail over the quiet sea while the wind turns '.repeat(contextSize > 1024 ? 22 : 18);
}

function total(parts) {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

function row(name, predicted, measured) {
  return {
    name: `memory of ${name}`,
    value: predicted / measured,
    unit: 'ratio',
    within: [0.85, 1.15],
    detail: `${(predicted / 1e6).toFixed(0)} MB predicted, ${(measured / 1e6).toFixed(0)} MB measured`,
  };
}
