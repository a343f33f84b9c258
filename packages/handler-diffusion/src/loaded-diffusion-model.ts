import { doneEvent, type GenerateEvent, type GenerateOptions, type GenerateRequest, type LoadedModel, type LoadedModelInfo, type LoadOptions, type ModelInfo } from '@llmi/core';
import { writePngMetadata } from '@llmi/media/png-metadata';
import { encodeImage, type PixelImage } from '@llmi/media';
import { describeModel, type ModelFacts } from './describe-model.js';
import { finishFilm } from './output/finish-film.js';
import { recordOf } from './output/record.js';
import { DiffusionPipeline } from './pipelines/diffusion-pipeline.js';
import type { PipelineResult } from './pipelines/pipeline-event.js';
import { resolveRequest, withPictures, type ResolvedRequest } from './resolve-request.js';

export interface DiffusionLoadOptions extends LoadOptions {
  /** `low`: parts of the model are loaded in turn and freed again, so that never more than one is in memory. */
  memory?: 'low' | 'high';
}

/** Milliseconds between two previews: what a person can follow, and little enough work. */
const previewPauseMs = 500;

/** A diffusion model in memory. */
export class LoadedDiffusionModel implements LoadedModel {
  private constructor(
    readonly info: LoadedModelInfo,
    private readonly facts: ModelFacts,
    private readonly model: ModelInfo,
    private readonly pipeline: DiffusionPipeline,
  ) {}

  /** Loads `model`, whose files are in `folder`. @throws {LlmiError} what `DiffusionPipeline.load` throws */
  static async load(folder: string, model: ModelInfo, options: DiffusionLoadOptions = {}): Promise<LoadedDiffusionModel> {
    const { device, threads, signal, onProgress, memory } = options;
    const pipeline = await DiffusionPipeline.load(folder, { model, dtype: options.dtype ?? options.quantization, device, threads, memory, loras: options.loras, signal });
    try {
      onProgress?.({ stage: 'weights' });
      await pipeline.preload(signal);
      const { components, family } = pipeline.model;
      // Steps of several pictures at once would only take turns, and need the memory of all.
      const info = { device: device ?? 'cpu', dtype: components.dtypeOf(family.denoiser.component), parallel: options.parallel ?? 1, threads };
      return new LoadedDiffusionModel(info, describeModel(components.model), model, pipeline);
    } catch (error) {
      await pipeline[Symbol.asyncDispose]();
      throw error;
    }
  }

  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted();
    const resolved = resolveRequest(request, this.facts);
    const asked = await withPictures(resolved, signal);
    let lastPreviewMs = performance.now();
    for await (const event of this.pipeline.generate({ ...asked, wantsPreview: () => performance.now() - lastPreviewMs >= previewPauseMs }, { signal })) {
      switch (event.type) {
        case 'stage':
          yield { type: 'progress', stage: event.stage, step: event.step, steps: event.steps };
          break;
        case 'step':
          if (event.preview) lastPreviewMs = performance.now();
          yield { type: 'progress', stage: 'denoise', step: event.step, steps: event.steps, ...(event.preview ? { preview: await base64Png(event.preview) } : {}) };
          break;
        case 'picture':
          break;
        case 'done':
          yield* this.finish(event.result, resolved, request, signal);
          break;
      }
    }
  }

  /** Frees the native memory. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.pipeline[Symbol.asyncDispose]();
  }

  private async *finish(result: PipelineResult, { pictureFormat, filmFormat }: ResolvedRequest, request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    const record = recordOf(this.model, request, result);
    const seed = typeof result.seed === 'number' ? { seed: result.seed } : {};
    if (this.facts.makesFilms) {
      const film = await finishFilm(result, filmFormat, signal);
      yield doneEvent({ type: 'video', video: film.data, metadata: { ...record, format: film.format, frames: result.frames, fps: result.frameRate }, ...seed }, result.timing);
      return;
    }
    const images: string[] = [];
    for (const [index, picture] of result.pictures.entries()) {
      const bytes = await encodeImage(picture, { format: pictureFormat });
      const own = result.pictures.length > 1 ? { ...record, image_index: index } : record;
      const data = Buffer.from(pictureFormat === 'png' ? writePngMetadata(bytes, own) : bytes).toString('base64');
      images.push(data);
      yield { type: 'image', index, mimeType: `image/${pictureFormat}`, data };
    }
    const flagged = result.flagged ? { flagged: result.flagged } : {};
    yield doneEvent({ type: 'image', image: images[0]!, images, metadata: { ...record, format: pictureFormat, ...flagged }, ...seed }, result.timing);
  }
}

const base64Png = async (picture: PixelImage) => Buffer.from(await encodeImage(picture)).toString('base64');
