import { LlmiError, type ModelInfo } from '@llmi/core';
import { readModelFolder } from '@llmi/runtime-onnx';
import { Components, missingComponent, type ComponentOptions } from '../components/components.js';
import { findFamily } from '../families/families.js';
import { folderLayout } from '../folder-layout.js';
import { mergeLoras, type Lora, type MergedLoras } from '../lora/merge-loras.js';
import { createScheduler } from '../schedulers/create-scheduler.js';
import { readVaeConfig } from '../vae/vae-config.js';
import type { PipelineEvent, PipelineResult } from './pipeline-event.js';
import type { PipelineRequest } from './pipeline-request.js';
import { runPipeline, type PipelineModel } from './run-pipeline.js';

export interface PipelineOptions extends ComponentOptions {
  /** What is known of the model; default: what is in its folder. */
  model?: ModelInfo;
  /** LoRA adapters that are merged into the weights: .safetensors files or their folders, with their scales. */
  loras?: readonly Lora[];
  signal?: AbortSignal;
}

/** A diffusers repository in ONNX format, ready to make pictures or films. */
export class DiffusionPipeline implements AsyncDisposable {
  private constructor(
    readonly model: PipelineModel,
    private readonly adapters: MergedLoras | undefined,
  ) {}

  /**
   * Opens the repository in a folder. Its parts are loaded when they are first needed, or by `preload`.
   * @throws {LlmiError} MODEL_NOT_FOUND, MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FORMAT_UNSUPPORTED, FILE_CHOICE_EMPTY
   */
  static async load(folder: string, { model, loras = [], ...options }: PipelineOptions = {}): Promise<DiffusionPipeline> {
    const components = new Components(folder, model ?? (await readModelFolder(folder, folderLayout)), options);
    if (Object.keys(components.index).length === 0) {
      throw new LlmiError('MODEL_FILE_MISSING', { message: 'The model has no file model_index.json.', hint: 'Give the folder of a diffusers repository with ONNX files.' });
    }
    const family = findFamily(components.index._class_name);
    for (const name of [...family.required, 'vae_decoder']) {
      if (!components.has(name)) throw missingComponent(components.model, name);
    }
    const vae = readVaeConfig(components);
    family.modes(components, vae); // refuses a denoiser that is made for something else
    createScheduler(await components.schedulerConfig());
    if (loras.length === 0) return new DiffusionPipeline({ components, family, vae }, undefined);
    const { layers_per_block } = components.config('unet');
    const adapters = await mergeLoras(components.paths, loras, { ...(typeof layers_per_block === 'number' ? { layersPerBlock: layers_per_block } : {}), signal: options.signal });
    const adapted = new Components(folder, components.model, { ...options, replacements: { ...options.replacements, ...adapters.replacements } });
    return new DiffusionPipeline({ components: adapted, family, vae }, adapters);
  }

  /** Loads all parts that every run needs. Does nothing where memory is short. */
  async preload(signal?: AbortSignal): Promise<void> {
    await this.model.components.preload([...this.model.family.required, 'vae_decoder'], signal);
  }

  /** The events of a run, as they come; `done` is the last. */
  generate(request: PipelineRequest, { signal }: { signal?: AbortSignal } = {}): AsyncGenerator<PipelineEvent> {
    return runPipeline(this.model, request, signal);
  }

  /** The result of a run. */
  async run(request: PipelineRequest, options: { signal?: AbortSignal } = {}): Promise<PipelineResult> {
    for await (const event of this.generate(request, options)) {
      if (event.type === 'done') return event.result;
    }
    throw new LlmiError('INTERNAL', { message: 'The pipeline ended without a result.', hint: 'This is a fault of llmi: report it.' });
  }

  /** Frees everything that is loaded. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.model.components[Symbol.asyncDispose]();
    await this.adapters?.[Symbol.asyncDispose]();
  }
}
