import { z } from 'zod';
import { ancestralSigmas } from './ancestral.js';
import type { Schedule } from './base-scheduler.js';
import { betaOptions, epsilonOrVelocity, predictionOptions, spacingOptions, zeroSnrOptions } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { f32 } from './maths/float32.js';
import { interpolateAt } from './maths/numpy.js';
import { sigmaMove } from './maths/sigma-moves.js';
import { spaceTimesteps } from './maths/timestep-spacing.js';
import { weightedSum } from './maths/weighted-sum.js';
import type { StepOptions } from './scheduler.js';
import { DiscreteSigmaScheduler, originalFormula } from './sigma-scheduler.js';

const configSchema = z.object({ ...betaOptions(), ...spacingOptions('linspace'), ...predictionOptions(epsilonOrVelocity), ...zeroSnrOptions });

/**
 * Euler steps that go down further than asked and come back up with fresh noise.
 * Source: k-diffusion, sample_euler_ancestral. Reference: diffusers EulerAncestralDiscreteScheduler.
 */
class EulerAncestralDiscreteScheduler extends DiscreteSigmaScheduler<z.infer<typeof configSchema>> {
  protected plan(steps: number): Schedule {
    const timesteps = spaceTimesteps(this.options, steps, { round: false }).map(f32);
    return { timesteps, sigmas: [...timesteps.map((timestep) => f32(interpolateAt(timestep, this.training.sigmas))), 0] };
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, { noise }: StepOptions): Float32Array {
    const sigma = this.sigmas[stepIndex]!;
    const { up, down } = ancestralSigmas(sigma, this.sigmas[stepIndex + 1]!);
    const moved = sigmaMove(originalFormula(this.options.prediction_type, sigma), sigma, f32(down - sigma), sample, output);
    return weightedSum([1, moved], [up, this.draw(noise)]);
  }
}

export const eulerAncestralDiscrete = defineScheduler('EulerAncestralDiscreteScheduler', configSchema, (name, config) => new EulerAncestralDiscreteScheduler(name, config));
