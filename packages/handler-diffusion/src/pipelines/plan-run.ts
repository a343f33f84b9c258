import { randomInt } from 'node:crypto';
import { LlmiError } from '@llmi/core';
import { TorchGenerator } from '@llmi/tensor';
import type { Components } from '../components/components.js';
import { sizeOf } from '../components/tensor.js';
import { createScheduler } from '../schedulers/create-scheduler.js';
import type { Scheduler, TimestepOptions } from '../schedulers/scheduler.js';
import type { VaeConfig } from '../vae/vae-config.js';
import { checkImages, checkRequest } from './check-request.js';
import type { Family, Mode, PipelineDefaults, Run, UndrawnRun, UnplannedRun } from './family.js';
import type { NoiseDraw, PipelineRequest } from './pipeline-request.js';

/** The way of working that a request asks for by what it brings. */
function modeOf(family: Family, components: Components, vae: VaeConfig, request: PipelineRequest): Mode {
  const modes = family.modes(components, vae);
  const wanted: Mode = request.image === undefined ? 'text-to-image' : request.maskImage === undefined ? 'image-to-image' : 'inpaint';
  if (modes.includes(wanted)) return wanted;
  const special = modes.find((mode) => mode === 'instruct' || mode === 'upscale');
  if (wanted === 'image-to-image' && special) return special;
  if (wanted === 'text-to-image' && modes.includes('text-to-video')) return 'text-to-video';
  if (wanted === 'text-to-image') {
    throw new LlmiError('INPUT_INVALID', { message: 'This model changes pictures, and none was given.', hint: `Give "image"${special ? '' : ' and "mask_image"'}.`, param: 'image' });
  }
  const param = wanted === 'inpaint' ? 'mask_image' : 'image';
  throw new LlmiError('INPUT_UNSUPPORTED', { message: `This model has no ${wanted}.`, hint: `Leave out "${param}"; it can do: ${modes.join(', ')}.`, param });
}

/**
 * Everything about a run that follows from the request and the configurations: 1 check.
 * @throws {LlmiError} INPUT_INVALID, INPUT_UNSUPPORTED, MODEL_FORMAT_UNSUPPORTED for a scheduler that does not exist
 */
export async function planRun(components: Components, vae: VaeConfig, family: Family, request: PipelineRequest, signal: AbortSignal | undefined): Promise<Run> {
  const defaults = family.defaults(components, vae);
  const mode = modeOf(family, components, vae, request);
  const multiple = family.sizeMultiple(components, vae);
  checkRequest(request, multiple);
  const own = sizeOfImage(request, vae, multiple);
  const [width, height] = [request.width ?? own?.width ?? defaults.width, request.height ?? own?.height ?? defaults.height];
  checkImages(request, { width, height });
  const prompts = typeof request.prompt === 'string' ? [request.prompt] : request.prompt;
  const copies = request.numImagesPerPrompt ?? 1;
  const guidanceScale = request.guidanceScale ?? defaults.guidanceScale;
  const steps = request.timesteps?.length ?? request.sigmas?.length ?? request.numInferenceSteps ?? defaults.numInferenceSteps;
  const isGuided = family.isGuided({ components, request, guidanceScale, mode });
  const base: UnplannedRun = { components, vae, mode, request, defaults, width, height, steps, guidanceScale, isGuided, prompts, copies, rows: prompts.length * copies, signal, ...filmOf(request, defaults) };
  const latentShape = family.latentShape(base);
  const scheduler = await chooseScheduler(components, request, family.schedulerCorrections?.(base) ?? {});
  const planned = { ...base, latentShape, scheduler };
  setTimesteps(family, planned);
  return { ...planned, ...noiseOf(request) };
}

const filmOf = (request: PipelineRequest, { numFrames, frameRate }: PipelineDefaults) =>
  numFrames === undefined ? {} : { frames: request.numFrames ?? numFrames, frameRate: request.frameRate ?? frameRate };

/** A picture's own size, cut to what the model can work with. */
function sizeOfImage({ image }: PipelineRequest, { scale }: VaeConfig, multiple: number): { width: number; height: number } | undefined {
  if (!image) return undefined;
  if ('latents' in image) return { height: image.latents.shape.at(-2)! * scale, width: image.latents.shape.at(-1)! * scale };
  return { width: image.width - (image.width % multiple), height: image.height - (image.height % multiple) };
}

async function chooseScheduler(components: Components, { scheduler }: PipelineRequest, corrections: Readonly<Record<string, unknown>>): Promise<Scheduler> {
  if (typeof scheduler === 'object') return createScheduler({ ...scheduler, ...corrections });
  const own = { ...(await components.schedulerConfig()), ...corrections };
  if (scheduler === undefined) return createScheduler(own);
  try {
    const chosen = createScheduler({ ...own, _class_name: scheduler });
    if (isFlow(createScheduler(own)) === isFlow(chosen)) return chosen;
    throw new LlmiError('INPUT_INVALID', {
      message: `The scheduler ${scheduler} does not go with this model: one of them ${isFlow(chosen) ? 'adds noise' : 'works with a flow'} and the other does not.`,
      hint: isFlow(chosen) ? 'Use Euler, DPM++ 2M, UniPC or another of the classic ones.' : 'Use Flow Euler or Flow Heun.',
      param: 'scheduler',
    });
  } catch (error) {
    const { code, message, hint } = LlmiError.from(error);
    // What a request names is the request's fault, not that of the model's files.
    throw new LlmiError(code === 'MODEL_FORMAT_UNSUPPORTED' ? 'INPUT_INVALID' : code, { message, hint, param: 'scheduler', cause: error });
  }
}

const isFlow = ({ className, config }: Scheduler) => className.startsWith('FlowMatch') || config.use_flow_sigmas === true;

function setTimesteps(family: Family, run: UndrawnRun): void {
  const { request, scheduler, steps, mode, defaults } = run;
  const options: TimestepOptions = { timesteps: request.timesteps, sigmas: request.sigmas, original_inference_steps: request.originalInferenceSteps, ...family.timestepOptions?.(run) };
  const strength = mode === 'inpaint' ? defaults.inpaintStrength : defaults.strength;
  const startsFromPicture = mode === 'inpaint' || mode === 'image-to-image';
  try {
    scheduler.setTimesteps(steps, { ...options, ...(startsFromPicture ? { strength: request.strength ?? strength } : {}) });
    if (startsFromPicture && request.denoisingStart !== undefined) startLater(run, request.denoisingStart, options);
  } catch (error) {
    const { code, message, hint, param } = LlmiError.from(error);
    throw new LlmiError(code, { message, hint, param: param === 'steps' ? 'num_inference_steps' : param, cause: error });
  }
}

/** A refiner's run: the timesteps below the share that was done already. Source: get_timesteps of diffusers' SDXL image-to-image. */
function startLater({ scheduler, steps }: UndrawnRun, share: number, options: TimestepOptions): void {
  scheduler.setTimesteps(steps, options);
  const trained = Number(scheduler.config.num_train_timesteps ?? 1000);
  const cutoff = Math.round(trained - share * trained);
  const { order, timesteps } = scheduler;
  const left = timesteps.filter((timestep) => timestep < cutoff).length;
  // Solvers of second order list every timestep but the first twice, and are not cut in the middle of a step.
  const kept = order === 1 ? left : Math.floor(left / order) + 1;
  if (kept === 0) throw new LlmiError('INPUT_INVALID', { message: `After ${share} of the run none of ${steps} steps is left.`, hint: 'Start earlier, or take more steps.', param: 'denoising_start' });
  // Half a step more, so that rounding down leaves just as many.
  scheduler.setTimesteps(steps, { ...options, strength: Math.min(1, (kept + 0.5) / Math.ceil(timesteps.length / order)) });
}

/** Draws of the request, or of a generator like torch's, seeded by the request or by chance. */
function noiseOf(request: PipelineRequest): { draw: NoiseDraw; seed?: number | bigint } {
  if (request.noise) return { draw: request.noise };
  const seed = request.seed ?? randomInt(2 ** 32);
  const generator = new TorchGenerator(seed);
  return { draw: (shape) => generator.randn(sizeOf(shape)), seed };
}
