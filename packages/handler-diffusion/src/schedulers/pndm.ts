import { LlmiError } from '@llmi/core';
import { z } from 'zod';
import { AlphaScheduler } from './alpha-scheduler.js';
import type { Schedule } from './base-scheduler.js';
import { betaOptions, epsilonOrVelocity, predictionOptions, spacingOptions } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { adamsBashforth } from './maths/adams-bashforth.js';
import { f32, sqrt32 } from './maths/float32.js';
import { spaceTimesteps } from './maths/timestep-spacing.js';
import { weightedSum } from './maths/weighted-sum.js';

const configSchema = z.object({
  ...betaOptions(),
  ...spacingOptions('leading'),
  ...predictionOptions(epsilonOrVelocity),
  skip_prk_steps: z.boolean().default(false),
  set_alpha_to_one: z.boolean().default(false),
});

/** Runge-Kutta steps that start the multistep method, and how often the model runs in each. */
const startingSteps = 4;
const stagesPerStep = 4;
/** Weight of each Runge-Kutta stage. */
const stageWeights = [1 / 6, 1 / 3, 1 / 3, 1 / 6];

/**
 * Pseudo numerical methods: linear multistep over the transfer function of DDIM, started by Runge-Kutta steps or, with
 * `skip_prk_steps`, by running the second timestep twice.
 * Source: Liu et al. 2022, equations 11 and 12, https://arxiv.org/abs/2202.09778. Reference: diffusers PNDMScheduler.
 */
class PndmScheduler extends AlphaScheduler<z.infer<typeof configSchema>> {
  private stepSize = 1;
  private startingCount = 0;
  /** Earlier outputs of the model, newest last. */
  private outputs: Float32Array[] = [];
  /** Runge-Kutta: the weighted outputs of the stages so far. */
  private stages: Float32Array | undefined;
  private startingSample: Float32Array | undefined;
  private counter = 0;

  protected plan(steps: number): Schedule {
    this.stepSize = Math.floor(this.options.num_train_timesteps / steps);
    const spaced = spaceTimesteps(this.options, steps);
    if (this.options.skip_prk_steps) {
      this.startingCount = 0;
      return { timesteps: steps === 1 ? spaced : [spaced[0]!, spaced[1]!, spaced[1]!, ...spaced.slice(2)] };
    }
    if (steps < startingSteps) {
      throw new LlmiError('INPUT_INVALID', { message: `${this.className} needs at least ${startingSteps} steps.`, hint: 'Take more steps, or skip_prk_steps.', param: 'steps' });
    }
    const half = Math.floor(this.stepSize / 2);
    // Each starting timestep and the one half a step later, from picture to noise as diffusers builds them, doubled and turned round.
    const halves = spaced.slice(0, startingSteps).reverse().flatMap((timestep) => [timestep, timestep + half]);
    const starting = halves.slice(0, -1).flatMap((timestep) => [timestep, timestep]).slice(1, -1).reverse();
    this.startingCount = starting.length;
    return { timesteps: [...starting, ...spaced.slice(startingSteps - 1)] };
  }

  protected override reset(): void {
    super.reset();
    this.outputs = [];
    this.stages = this.startingSample = undefined;
    this.counter = 0;
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array): Float32Array {
    const timestep = this.allTimesteps[stepIndex]!;
    const result = this.counter < this.startingCount ? this.rungeKutta(output, timestep, sample) : this.multistep(output, timestep, sample);
    this.counter++;
    return result;
  }

  private rungeKutta(output: Float32Array, timestep: number, sample: Float32Array): Float32Array {
    const stage = this.counter % stagesPerStep;
    const previous = timestep - (stage % 2 === 1 ? 0 : Math.floor(this.stepSize / 2));
    const from = this.allTimesteps[this.counter - stage]!;
    if (stage === 0) {
      this.outputs.push(output);
      this.startingSample = sample;
    }
    const weighted = this.stages ? weightedSum([1, this.stages], [stageWeights[stage]!, output]) : weightedSum([stageWeights[stage]!, output]);
    const last = stage === stagesPerStep - 1;
    this.stages = last ? undefined : weighted;
    return this.transfer(this.startingSample ?? sample, from, previous, last ? weighted : output);
  }

  private multistep(output: Float32Array, timestep: number, sample: Float32Array): Float32Array {
    if (this.counter === 1) {
      // The second timestep again, now with the mean of both outputs, from the sample of the first.
      const mean = weightedSum([0.5, output], [0.5, this.outputs[0]!]);
      return this.transfer(this.startingSample!, timestep + this.stepSize, timestep, mean);
    }
    this.outputs = [...this.outputs.slice(-3), output];
    if (this.counter === 0) this.startingSample = sample;
    return this.transfer(sample, timestep, timestep - this.stepSize, adamsBashforth(this.outputs));
  }

  /** DDIM's step with a given noise, from one timestep to another. Source: equation 11. */
  private transfer(sample: Float32Array, from: number, to: number, output: Float32Array): Float32Array {
    const alpha = this.alphaAt(from);
    const alphaTo = to >= 0 ? this.alphaAt(to) : this.options.set_alpha_to_one ? 1 : this.alphaAt(0);
    const [beta, betaTo] = [f32(1 - alpha), f32(1 - alphaTo)];
    const sampleWeight = sqrt32(f32(alphaTo / alpha));
    const divisor = f32(f32(alpha * sqrt32(betaTo)) + sqrt32(f32(f32(alpha * beta) * alphaTo)));
    const outputWeight = -f32(alphaTo - alpha) / divisor;
    if (this.options.prediction_type === 'epsilon') return weightedSum([sampleWeight, sample], [outputWeight, output]);
    return weightedSum([sampleWeight + outputWeight * sqrt32(beta), sample], [outputWeight * sqrt32(alpha), output]);
  }
}

export const pndm = defineScheduler('PNDMScheduler', configSchema, (name, config) => new PndmScheduler(name, config));
