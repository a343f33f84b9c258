import { consistencySchema, ConsistencyScheduler } from './consistency-scheduler.js';
import { defineScheduler } from './define-scheduler.js';
import { f32, sqrt32 } from './maths/float32.js';
import { weightedSum } from './maths/weighted-sum.js';
import { boundOriginal, predictOriginal } from './predictions.js';
import type { StepOptions } from './scheduler.js';

/** Standard deviation of the data, squared. */
const dataVariance = 0.5 ** 2;

/**
 * Latent consistency models: straight to the original, then back to the next timestep with fresh noise.
 * Source: Luo et al. 2023, algorithm 3, https://arxiv.org/abs/2310.04378. Reference: diffusers LCMScheduler.
 */
class LcmScheduler extends ConsistencyScheduler {
  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, { noise, batchSize }: StepOptions): Float32Array {
    const timestep = this.allTimesteps[stepIndex]!;
    const alpha = this.alphaAt(timestep);
    const original = boundOriginal(predictOriginal(this.options.prediction_type, sqrt32(alpha), sqrt32(f32(1 - alpha)), sample, output), this.options, batchSize);

    // Boundary condition: at timestep 0 the sample is the answer. Source: equation 9.
    const scaled = f32(timestep * f32(this.options.timestep_scaling));
    const variance = f32(f32(scaled * scaled) + dataVariance);
    const [skip, out] = [f32(dataVariance / variance), f32(scaled / sqrt32(variance))];
    if (stepIndex === this.plannedSteps - 1) return weightedSum([out, original], [skip, sample]);

    const next = this.allTimesteps[stepIndex + 1] ?? timestep;
    const alphaNext = this.alphaAt(next);
    const keep = sqrt32(alphaNext);
    return weightedSum([keep * out, original], [keep * skip, sample], [sqrt32(f32(1 - alphaNext)), this.draw(noise)]);
  }
}

export const lcm = defineScheduler('LCMScheduler', consistencySchema, (name, config) => new LcmScheduler(name, config));
