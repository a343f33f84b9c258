import { defineHandler } from '@llmi/core';
import { DiffusionHandler } from './handler.js';

export { DiffusionHandler } from './handler.js';
export { loadDiffusion } from './load-diffusion.js';
export type { DiffusionLoadOptions, LoadedDiffusionModel } from './loaded-diffusion-model.js';
export type { Lora } from './lora/merge-loras.js';
export { DiffusionPipeline, type PipelineOptions } from './pipelines/diffusion-pipeline.js';
export type { PipelineEvent, PipelineResult } from './pipelines/pipeline-event.js';
export type { InitialImage, NoiseDraw, Pair, PipelineRequest } from './pipelines/pipeline-request.js';
export type { Tensor } from './components/tensor.js';
export { readPngMetadata, writePngMetadata } from '@llmi/media/png-metadata';
export { brownianNoise } from './schedulers/brownian-noise.js';
export { createScheduler, schedulerClasses } from './schedulers/create-scheduler.js';
export { schedulerNames } from './schedulers/common-names.js';
export { parseSchedulerConfig } from './schedulers/parse-scheduler-config.js';
export type { NoiseSource, Scheduler, StepOptions, TimestepOptions } from './schedulers/scheduler.js';

export default defineHandler({ name: 'diffusion', create: (model) => new DiffusionHandler(model) });
