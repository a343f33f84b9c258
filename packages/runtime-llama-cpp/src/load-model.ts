import { basename } from 'node:path';
import { LlmiError } from '@llmi/core';
import type { LlamaContext, LlamaModel as NativeModel } from 'node-llama-cpp';
import { Adapters, checkAdapters } from './adapters.js';
import { checkFileFits, chooseContextSize, freeMemoryBytes } from './context-size.js';
import { flattenMetadata, metadataText, type GgufMetadata } from './gguf-metadata.js';
import { kvCacheOptions } from './kv-cache.js';
import { clearLog, logDelivered, loggedErrors, openLlama, type OpenLlama } from './llama-library.js';
import { loadError } from './load-errors.js';
import { checkParts } from './model-parts.js';
import { applyAdapters } from './native.js';
import type { LlamaLoadOptions } from './options.js';
import { isRepacked } from './repacked-weights.js';
import { SequencePool } from './sequence-pool.js';
import { DraftModel } from './speculation/draft-model.js';

/** Everything native that a loaded model holds. */
export interface NativeParts {
  name: string;
  open: OpenLlama;
  model: NativeModel;
  context: LlamaContext;
  pool: SequencePool;
  adapters: Adapters;
  draft: DraftModel | undefined;
  metadata: GgufMetadata;
  contextLength: number;
}

const defaultThreads = 1;

/** The threads that were asked for, or the default. */
export function wantedThreads({ threads = defaultThreads }: LlamaLoadOptions): number {
  return threads;
}

/** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MEMORY_INSUFFICIENT, MODEL_LOAD_FAILED, DEPENDENCY_MISSING, INPUT_INVALID */
export async function loadParts(path: string, options: LlamaLoadOptions): Promise<NativeParts> {
  const { signal, onProgress, parallel = 1, loras = [] } = options;
  signal?.throwIfAborted();
  checkCounts({ parallel, threads: options.threads, context_size: options.contextSize });
  const adapters = new Adapters(loras);
  const name = basename(path);
  let model: NativeModel | undefined;
  let draft: DraftModel | undefined;
  try {
    const loaded = await loadWeights(path, options);
    model = loaded.model;
    const { open, metadata } = loaded;
    const architecture = metadataText(metadata, 'general.architecture') ?? 'unknown';
    await checkAdapters(loras, architecture, open.library);
    const kvCache = kvCacheOptions(options.kvCacheType, metadata, name);
    const contextLength = chooseContextSize(options.contextSize, {
      name,
      metadata,
      trainContextSize: model.trainContextSize,
      parallel,
      kvCacheType: options.kvCacheType,
      fileBytes: loaded.fileBytes,
      freeBytes: open.device === 'cpu' ? loaded.freeBytes : Infinity,
    });
    onProgress?.({ stage: 'context' });
    const { context, pool } = await makeContext(model, adapters, { contextLength, parallel, threads: wantedThreads(options), isCpu: open.device === 'cpu', kvCache, signal });
    if (options.draft !== undefined) draft = await DraftModel.load(options.draft, { target: model, open, contextLength, parallel, threads: wantedThreads(options), signal });
    return { name, open, model, context, pool, adapters, draft, metadata, contextLength };
  } catch (error) {
    await draft?.[Symbol.asyncDispose]();
    await model?.dispose();
    await logDelivered();
    throw loadError(error, path, loggedErrors(), signal);
  }
}

async function loadWeights(path: string, { device, gpuLayers, memoryLimitBytes, signal, onProgress }: LlamaLoadOptions) {
  const { fileBytes, bytesByType } = await checkParts(path);
  const freeBytes = memoryLimitBytes ?? freeMemoryBytes();
  const open = await openLlama(device);
  clearLog();
  if (open.device === 'cpu') checkFileFits(basename(path), fileBytes, freeBytes);
  const model = await open.llama.loadModel({
    modelPath: path,
    gpuLayers: open.device === 'cpu' ? 0 : (gpuLayers ?? 'auto'),
    ignoreMemorySafetyChecks: open.device === 'cpu', // checked here, by what the files say
    ...(open.device === 'cpu' && isRepacked(bytesByType, open.llama.systemInfo) ? { useMmap: false } : {}),
    loadSignal: signal,
    onLoadProgress: (fraction) => onProgress?.({ stage: 'weights', fraction }),
  });
  if (signal?.aborted) {
    await model.dispose();
    throw signal.reason;
  }
  return { open, model, metadata: flattenMetadata(model.fileInfo.metadata), fileBytes, freeBytes };
}

interface ContextSettings {
  contextLength: number;
  parallel: number;
  threads: number;
  isCpu: boolean;
  kvCache: ReturnType<typeof kvCacheOptions>;
  signal: AbortSignal | undefined;
}

/** States that a model which cannot go back keeps for each sequence: before the latest answers. */
const keptStates = 2;

async function makeContext(model: NativeModel, adapters: Adapters, { contextLength, parallel, threads, isCpu, kvCache, signal }: ContextSettings) {
  const native = adapters.default.adapters;
  const pool = new SequencePool(adapters.default, (set) => applyAdapters(context, set.adapters));
  const context = await model.createContext({
    contextSize: contextLength,
    sequences: parallel,
    threads,
    ignoreMemorySafetyChecks: isCpu,
    createSignal: signal,
    // A request alone does not wait for others to share a batch with.
    batching: { dispatchSchedule: (dispatch) => (pool.running > 1 ? void setImmediate(dispatch) : dispatch()) },
    ...kvCache,
    ...(native.length > 0 ? { lora: { adapters: [...native] } } : {}),
  });
  for (let index = 0; index < parallel; index++) pool.add(context.getSequence({ checkpoints: { max: keptStates, interval: false } }));
  return { context, pool };
}

function checkCounts(counts: Record<string, number | undefined>): void {
  for (const [param, count] of Object.entries(counts)) {
    if (count === undefined || (Number.isInteger(count) && count >= 1)) continue;
    throw new LlmiError('INPUT_INVALID', { message: `"${param}" must be a whole number of at least 1, not ${count}.`, hint: 'Correct it, or leave it out.', param });
  }
}
