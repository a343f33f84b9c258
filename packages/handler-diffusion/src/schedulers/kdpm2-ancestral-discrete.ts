import { ancestralSigmas } from './ancestral.js';
import { defineScheduler } from './define-scheduler.js';
import { kdpm2Schema, middleSigma, MidpointScheduler } from './kdpm2-discrete.js';
import { f32 } from './maths/float32.js';
import { weightedSum } from './maths/weighted-sum.js';
import type { StepOptions } from './scheduler.js';

/**
 * DPM-Solver-2 that goes down further than asked and comes back up with fresh noise.
 * Source: k-diffusion, sample_dpm_2_ancestral. Reference: diffusers KDPM2AncestralDiscreteScheduler.
 */
class Kdpm2AncestralDiscreteScheduler extends MidpointScheduler {
  protected between(from: number, to: number): number {
    return middleSigma(from, ancestralSigmas(from, to).down);
  }

  protected finish(from: number, to: number, start: Float32Array, derivative: Float32Array, { noise }: StepOptions): Float32Array {
    const { up, down } = ancestralSigmas(from, to);
    return weightedSum([1, start], [f32(down - from), derivative], [up, this.draw(noise)]);
  }
}

export const kdpm2AncestralDiscrete = defineScheduler('KDPM2AncestralDiscreteScheduler', kdpm2Schema, (name, config) => new Kdpm2AncestralDiscreteScheduler(name, config));
