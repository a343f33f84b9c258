import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { convertChunk, typeBytes, type TensorType } from '../quantize/quantize.js';
import { sourceBytes, type SourceType } from '../quantize/widen.js';

/** One piece of a tensor to convert, in shared memory. */
export interface ChunkJob {
  input: SharedArrayBuffer;
  output: SharedArrayBuffer;
  bytes: number; // of `input` that are used
  from: SourceType;
  to: TensorType;
}

/** Memory for one piece on its way, used again for the next. */
export interface Slot {
  input: SharedArrayBuffer;
  output: SharedArrayBuffer;
}

/** Converts pieces, in worker threads or in this one. */
export class ChunkConverter implements AsyncDisposable {
  readonly #idle: Worker[];
  readonly #waiting: ((worker: Worker) => void)[] = [];
  #scratch = new Float32Array();

  /** @param workerFile the built worker; @param threads 0 to convert in this thread */
  constructor(
    workerFile: URL,
    readonly threads: number,
  ) {
    this.#idle = Array.from({ length: threads }, () => new Worker(workerFile, { resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 } })); // its work lies outside the heap
  }

  /** @returns the converted bytes, which lie in the job's output */
  async convert(job: ChunkJob): Promise<Uint8Array> {
    const elements = job.bytes / sourceBytes[job.from];
    const result = new Uint8Array(job.output, 0, typeBytes(job.to, elements));
    if (this.threads === 0) {
      if (this.#scratch.length < elements) this.#scratch = new Float32Array(elements);
      convertChunk(new Uint8Array(job.input, 0, job.bytes), job.from, job.to, result, this.#scratch);
      return result;
    }
    const worker = this.#idle.pop() ?? (await new Promise<Worker>((resolve) => this.#waiting.push(resolve)));
    worker.postMessage(job);
    await once(worker, 'message'); // rejects with the worker's error
    const next = this.#waiting.shift();
    if (next) next(worker);
    else this.#idle.push(worker);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((worker) => worker.terminate()));
  }
}
