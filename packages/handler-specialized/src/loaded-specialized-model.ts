import { LlmiError, type GenerateEvent, type GenerateOptions, type GenerateRequest, type LoadedModel, type LoadedModelInfo, type LoadOptions, type ModelInfo } from '@llmi/core';
import type { SpecializedTask } from './find-tasks.js';
import type { GraphSpecialist } from './graph/run-graph.js';
import type { GraphSignature } from './graph/signature.js';
import { kindsOf } from './kinds.js';
import { resolveRequest } from './resolve-request.js';
import type { Specialist } from './specialist.js';

/** Requests that take turns on the one session, step by step. */
const defaultParallel = 4;

/** A specialized model in memory. */
export class LoadedSpecializedModel implements LoadedModel {
  readonly info: LoadedModelInfo;
  #specialist: Specialist | undefined;

  private constructor(
    specialist: Specialist,
    private readonly model: ModelInfo,
    private readonly tasks: readonly [SpecializedTask, ...SpecializedTask[]],
    private readonly resolve: (request: GenerateRequest) => GenerateRequest,
    parallel: number,
  ) {
    this.#specialist = specialist;
    this.info = { ...specialist.info, parallel };
  }

  /** Loads `model`, whose files are in `folder`. `resolve` fills in the defaults of a request. */
  static async load(folder: string, model: ModelInfo, tasks: readonly [SpecializedTask, ...SpecializedTask[]], resolve: (request: GenerateRequest) => GenerateRequest, options: LoadOptions = {}): Promise<LoadedSpecializedModel> {
    if (options.loras && options.loras.length > 0) {
      throw new LlmiError('INPUT_UNSUPPORTED', { message: 'Adapters cannot be applied to a model in ONNX format.', hint: 'Merge the adapter into the model, and export it to ONNX.', param: 'loras' });
    }
    const { device, threads, signal, onProgress } = options;
    onProgress?.({ stage: 'weights' });
    const specialist = await kindsOf(model)[tasks[0]].load({ model, folder, options: { device, threads, signal, dtype: options.quantization ?? options.dtype } });
    return new LoadedSpecializedModel(specialist, model, tasks, resolve, options.parallel ?? defaultParallel);
  }

  /** What the graph takes and gives, of a model that is run as it is. */
  get signature(): GraphSignature | undefined {
    return (this.#specialist as Partial<GraphSpecialist> | undefined)?.signature;
  }

  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted();
    const specialist = this.#specialist;
    if (!specialist) throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
    const { request: resolved, task } = resolveRequest(this.resolve(request), this.tasks, this.model);
    yield* specialist.run(resolved, task, signal);
  }

  /** Frees the native memory. */
  async [Symbol.asyncDispose](): Promise<void> {
    const specialist = this.#specialist;
    this.#specialist = undefined;
    await specialist?.[Symbol.asyncDispose]();
  }
}
