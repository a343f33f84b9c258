import { LlmiError } from '@llmi/core';
import { brownianNoise } from '../schedulers/brownian-noise.js';
import type { StepOptions } from '../schedulers/scheduler.js';
import type { Denoiser } from './denoiser.js';
import type { Family, Run } from './family.js';
import type { Guidance } from './guidance.js';
import type { Start } from './start.js';

/** The latents after a step, as the denoiser takes them, and what it said before. */
export interface DenoisedStep {
  index: number;
  steps: number;
  timestep: number;
  prediction: Float32Array;
  latents: Float32Array;
}

/** How many of the run's timesteps are run: all, but for a run that a refiner goes on with. */
function stepsToRun({ scheduler, request: { denoisingEnd } }: Run): number {
  if (denoisingEnd === undefined || denoisingEnd <= 0 || denoisingEnd >= 1) return scheduler.timesteps.length;
  const trained = Number(scheduler.config.num_train_timesteps ?? 1000);
  const cutoff = Math.round(trained - denoisingEnd * trained);
  return scheduler.timesteps.filter((timestep) => timestep >= cutoff).length;
}

/**
 * 4 denoise: the loop that all pipelines share. Stops between steps.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED when the latents are no numbers any more
 */
export async function* denoise(family: Family, run: Run, denoiser: Denoiser, guidance: Guidance, start: Start): AsyncGenerator<DenoisedStep> {
  const { scheduler, signal } = run;
  const steps = stepsToRun(run);
  const options = stepOptions(family, run, start.latents.shape);
  let latents = start.latents.data;
  for (let index = 0; index < steps; index++) {
    signal?.throwIfAborted();
    const timestep = scheduler.timesteps[index]!;
    const answers = await denoiser.predict(scheduler.scaleModelInput(latents, index), timestep, index, signal);
    const prediction = guidance.combine(answers);
    latents = scheduler.step(prediction, index, latents, options);
    if (start.blend) latents = start.blend(latents, index + 1 < steps ? scheduler.timesteps[index + 1] : undefined);
    if (!latents.every(Number.isFinite)) throw notFinite(index + 1, steps);
    yield { index, steps, timestep, prediction, latents };
  }
}

function stepOptions({ takesEta }: Family, { scheduler, request, rows, draw }: Run, shape: readonly number[]): StepOptions {
  const noise = () => draw(shape);
  return {
    // DPM++ SDE walks along one path of Brownian motion; its draws belong together.
    noise: scheduler.className === 'DPMSolverSDEScheduler' ? brownianNoise(noise) : noise,
    batchSize: rows,
    ...(takesEta && request.eta !== undefined ? { eta: request.eta } : {}),
  };
}

function notFinite(step: number, steps: number): LlmiError {
  return new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: `The picture was lost at step ${step} of ${steps}: its latents are no numbers any more.`,
    hint: 'Use files of this model in float32, another scheduler, or less guidance. Some models overflow in float16.',
  });
}
