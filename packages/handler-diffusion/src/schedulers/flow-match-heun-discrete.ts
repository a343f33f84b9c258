import { z } from 'zod';
import type { Schedule } from './base-scheduler.js';
import { churn } from './churn.js';
import { trainStepOptions } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { FlowScheduler } from './flow-scheduler.js';
import { f32 } from './maths/float32.js';
import { sigmaDerivative } from './maths/sigma-moves.js';
import { shiftSigma } from './maths/time-shift.js';
import { weightedSum } from './maths/weighted-sum.js';
import { doubleAfterFirst } from './plan-sigmas.js';
import type { StepOptions } from './scheduler.js';

const configSchema = z.object({ ...trainStepOptions, shift: z.number().default(1) });

/**
 * Heun's method along the paths of rectified flow: the step again with the mean of the derivatives at its start and its end.
 * Source: Karras et al. 2022, algorithm 2, https://arxiv.org/abs/2206.00364. Reference: diffusers FlowMatchHeunDiscreteScheduler.
 */
class FlowMatchHeunDiscreteScheduler extends FlowScheduler<z.infer<typeof configSchema>> {
  override readonly order = 2;
  private started: { sample: Float32Array; derivative: Float32Array; move: number } | undefined;

  protected plan(steps: number): Schedule {
    const { num_train_timesteps: count, shift } = this.options;
    const sigmas = this.evenSigmas(steps, { isShifted: true }).map((sigma) => f32(shiftSigma(sigma, shift)));
    return { timesteps: doubleAfterFirst(sigmas.map((sigma) => f32(sigma * count))), sigmas: [...doubleAfterFirst(sigmas), 0] };
  }

  protected override reset(): void {
    super.reset();
    this.started = undefined;
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, options: StepOptions): Float32Array {
    const { started } = this;
    const sigma = this.sigmas[started ? stepIndex - 1 : stepIndex]!;
    const next = this.sigmas[started ? stepIndex : stepIndex + 1]!;
    // diffusers churns in the second half of a step too, where the noise only enters what the derivative is taken of.
    const { sigmaHat, sample: churned } = churn(sample, sigma, this.sigmas.length - 1, options, () => this.draw(options.noise));
    if (started) {
      this.started = undefined;
      const derivative = sigmaDerivative({ factor: -next, divisor: 1 }, next, churned, output);
      return weightedSum([1, started.sample], [started.move / 2, started.derivative], [started.move / 2, derivative]);
    }
    const derivative = sigmaDerivative({ factor: -sigma, divisor: 1 }, sigmaHat, churned, output);
    const move = f32(next - sigmaHat);
    this.started = { sample: churned, derivative, move };
    return weightedSum([1, churned], [move, derivative]);
  }
}

export const flowMatchHeunDiscrete = defineScheduler('FlowMatchHeunDiscreteScheduler', configSchema, (name, config) => new FlowMatchHeunDiscreteScheduler(name, config));
