import { availableParallelism } from 'node:os';
import { LlmiError, type GenerateEvent, type GenerateOptions, type GenerateRequest, type LoadedModel, type LoadedModelInfo, type LoadOptions, type ModelInfo } from '@llmi/core';
import { kindOf } from './kinds.js';
import { chooseGraphs } from './onnx-files.js';
import { resolveRequest } from './options.js';
import type { SoundKind, SoundModel, Work } from './sound-model.js';

/** Requests that take turns on the sessions; more would only wait longer. */
const defaultParallel = 2;

/** A model for speech or sound in memory. */
export class LoadedAudioModel implements LoadedModel {
  #model: SoundModel | undefined;

  private constructor(
    readonly info: LoadedModelInfo,
    private readonly kind: SoundKind,
    model: SoundModel,
  ) {
    this.#model = model;
  }

  /** Loads `model`, whose files are in `folder`. */
  static async load(folder: string, model: ModelInfo, options: LoadOptions = {}): Promise<LoadedAudioModel> {
    const { device = 'cpu', threads = availableParallelism(), signal, onProgress } = options;
    if (options.loras && options.loras.length > 0) throw noAdapters();
    const kind = kindOf(model);
    const variants = chooseGraphs(model, kind.graphs(model), options.quantization ?? options.dtype);
    onProgress?.({ stage: 'weights' });
    const loaded = await kind.load({ model, folder, variants, options: { device, threads, signal } });
    const dtype = [...new Set(variants.map((variant) => variant.dtype))].join('+');
    return new LoadedAudioModel({ device, dtype, parallel: options.parallel ?? defaultParallel, threads }, kind, loaded);
  }

  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted();
    this.#open();
    yield* this.run(resolveRequest(request, this.kind), { signal });
  }

  /** Work that was checked by whoever asks: a sound may be the path of a file, which `generate` never opens. */
  run(work: Work, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    const model = this.#open();
    if (work.task !== this.kind.task) {
      throw new LlmiError('TASK_UNSUPPORTED', { message: `This model has no task "${work.task}".`, hint: `It can do: ${this.kind.task}.`, param: 'task' });
    }
    return model.run(work, signal);
  }

  #open(): SoundModel {
    if (this.#model) return this.#model;
    throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
  }

  /** Frees the native memory. */
  async [Symbol.asyncDispose](): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    await model?.[Symbol.asyncDispose]();
  }
}

function noAdapters(): LlmiError {
  return new LlmiError('INPUT_UNSUPPORTED', { message: 'Adapters cannot be applied to a model in ONNX format.', hint: 'Merge the adapter into the model, and export it to ONNX.', param: 'loras' });
}
