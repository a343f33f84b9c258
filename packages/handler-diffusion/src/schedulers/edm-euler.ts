import { z } from 'zod';
import type { Schedule } from './base-scheduler.js';
import { churn } from './churn.js';
import { defineScheduler } from './define-scheduler.js';
import { edmOptions, EdmScheduler } from './edm.js';
import { f32 } from './maths/float32.js';
import { sigmaMove } from './maths/sigma-moves.js';
import type { StepOptions } from './scheduler.js';

const configSchema = z.object(edmOptions);

/**
 * Euler's method with the preconditioning and the sigmas of EDM.
 * Source: Karras et al. 2022, algorithm 2 without its correction, https://arxiv.org/abs/2206.00364. Reference: diffusers EDMEulerScheduler.
 */
class EdmEulerScheduler extends EdmScheduler<z.infer<typeof configSchema>> {
  protected plan(steps: number): Schedule {
    const positions = Array.from({ length: steps }, (_, step) => torchPosition(step, steps));
    const sigmas = this.spread(positions, (value) => value);
    const last = this.options.final_sigmas_type === 'zero' ? 0 : sigmas[steps - 1]!;
    return { timesteps: sigmas.map((sigma) => this.noiseCondition(sigma)), sigmas: [...sigmas, last] };
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, options: StepOptions): Float32Array {
    const { sigmaHat, sample: churned } = churn(sample, this.sigmas[stepIndex]!, this.sigmas.length - 1, options, () => this.draw(options.noise));
    return sigmaMove(this.originalFormula(sigmaHat), sigmaHat, f32(this.sigmas[stepIndex + 1]! - sigmaHat), churned, output);
  }
}

/** torch.linspace(0, 1, steps) in double precision, counted from both ends to the middle. */
function torchPosition(step: number, steps: number): number {
  if (steps === 1) return 0;
  return step < steps >> 1 ? step / (steps - 1) : 1 - (steps - step - 1) / (steps - 1);
}

export const edmEuler = defineScheduler('EDMEulerScheduler', configSchema, (name, config) => new EdmEulerScheduler(name, config));
