import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-node';
import { LlmiError } from '@llmi/core';
import { checkOnnxFile } from './external-data.js';
import { importOnnxRuntime } from './onnx-runtime.js';
import type { OnnxDtype, OnnxTensor, OnnxValueInfo } from './onnx-tensor.js';
import { loadError, runError } from './session-errors.js';

export interface OnnxLoadOptions {
  /** Execution provider: cpu (default), cuda, coreml, webgpu, dml ... Never another one than asked for. */
  device?: string;
  /** Threads for one operator; default: the cores that are available. */
  threads?: number;
  /** Whether memory of later runs is planned after the first, default true. Without a plan the peak of a large graph is half as high. */
  plansMemory?: boolean;
  signal?: AbortSignal;
}

export interface OnnxRunOptions {
  /** Names of the outputs to compute and copy; default: all. */
  outputs?: readonly string[];
  signal?: AbortSignal;
}

/** One graph in memory. Runs follow one another; each holds the calling thread while it computes. */
export class OnnxSession implements AsyncDisposable {
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  #session: InferenceSession | undefined;
  readonly #running = new Set<Promise<unknown>>();

  private constructor(
    session: InferenceSession,
    private readonly name: string,
    private readonly Tensor: TensorConstructor,
    readonly device: string,
    readonly threads: number,
  ) {
    this.#session = session;
    this.inputs = session.inputMetadata.map(describeValue);
    this.outputs = session.outputMetadata.map(describeValue);
  }

  /**
   * Loads an .onnx file, its external data beside it. The file is given to the library by path, so that it is not in memory twice.
   * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FILE_REFUSED, MODEL_LOAD_FAILED, MEMORY_INSUFFICIENT, DEPENDENCY_MISSING
   */
  static async load(path: string, { device = 'cpu', threads = availableParallelism(), plansMemory = true, signal }: OnnxLoadOptions = {}): Promise<OnnxSession> {
    signal?.throwIfAborted();
    await checkOnnxFile(path);
    const ort = await importOnnxRuntime();
    const offered = ort.listSupportedBackends().map((backend) => backend.name);
    if (!offered.includes(device)) {
      throw new LlmiError('MODEL_LOAD_FAILED', {
        message: `This build of ONNX Runtime cannot run on "${device}".`,
        hint: `Use one of: ${offered.join(', ')}.`,
      });
    }
    signal?.throwIfAborted();
    const session = await createSession(ort.InferenceSession, path, device, threads, plansMemory);
    if (signal?.aborted) {
      await session.release();
      throw signal.reason;
    }
    return new OnnxSession(session, basename(path), ort.Tensor, device, threads);
  }

  /**
   * Runs the graph once. `feeds` and the result are by name of the input or output.
   * @throws {LlmiError} INPUT_INVALID for a missing or unknown input, MODEL_DISPOSED, MEMORY_INSUFFICIENT, INTERNAL when the graph fails
   */
  async run(feeds: Record<string, OnnxTensor>, { outputs, signal }: OnnxRunOptions = {}): Promise<Record<string, OnnxTensor>> {
    signal?.throwIfAborted();
    const session = this.#session;
    if (!session) throw disposed(this.name);
    this.#checkFeeds(feeds);
    const running = this.#compute(session, feeds, outputs);
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw runError(error, this.name);
    } finally {
      this.#running.delete(running);
    }
  }

  /** Frees the native memory, once the runs in progress are over. */
  async [Symbol.asyncDispose](): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await Promise.allSettled(this.#running);
    await session?.release();
  }

  async #compute(session: InferenceSession, feeds: Record<string, OnnxTensor>, outputs: readonly string[] | undefined) {
    const tensors = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, nativeTensor(this.Tensor, tensor)]));
    const results = outputs ? await session.run(tensors, [...outputs]) : await session.run(tensors);
    return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, plainTensor(tensor as Tensor)]));
  }

  #checkFeeds(feeds: Record<string, OnnxTensor>): void {
    const names = this.inputs.map(({ name }) => name);
    const missing = names.find((name) => !(name in feeds));
    const unknown = Object.keys(feeds).find((name) => !names.includes(name));
    if (missing === undefined && unknown === undefined) return;
    throw new LlmiError('INPUT_INVALID', {
      message: missing === undefined ? `The graph ${this.name} has no input "${unknown}".` : `The graph ${this.name} needs the input "${missing}".`,
      hint: `Its inputs are: ${names.join(', ')}.`,
    });
  }
}

async function createSession(factory: typeof InferenceSession, path: string, device: string, threads: number, plansMemory: boolean): Promise<InferenceSession> {
  try {
    return await factory.create(path, {
      executionProviders: [device],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      enableMemPattern: plansMemory,
      logSeverityLevel: 4,
      // Waiting threads sleep instead of spinning: as fast on an idle machine, three times as fast on a busy one.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  } catch (cause) {
    throw loadError(cause, path, device);
  }
}

function describeValue(value: InferenceSession.ValueMetadata): OnnxValueInfo {
  if (!value.isTensor) return { name: value.name, dtype: undefined, shape: [] };
  return { name: value.name, dtype: value.type as OnnxDtype, shape: value.shape.map((size) => size ?? '') };
}

/**
 * Where there is a Float16Array (Node 24), the library makes one of half-precision bits, and its native side then finds no elements in
 * it: the tensor is given the bits back.
 */
function nativeTensor(Tensor: TensorConstructor, { dtype, data, shape }: OnnxTensor): Tensor {
  const tensor = new Tensor(dtype as 'float32', data as Float32Array, shape);
  if (dtype === 'float16') (tensor as unknown as { cpuData: unknown }).cpuData = data;
  return tensor;
}

/** Node 24 gives float16 as Float16Array, older versions as Uint16Array; here it is always the bits. */
function plainTensor({ type, dims, data }: Tensor): OnnxTensor {
  const isHalf = type === 'float16' && !(data instanceof Uint16Array);
  const half = data as Uint16Array;
  const plain = isHalf ? new Uint16Array(half.buffer, half.byteOffset, half.length) : data;
  return { dtype: type as OnnxDtype, shape: dims, data: plain as OnnxTensor['data'] };
}

function disposed(name: string): LlmiError {
  return new LlmiError('MODEL_DISPOSED', { message: `The model ${name} was unloaded.`, hint: 'Load it again.' });
}
