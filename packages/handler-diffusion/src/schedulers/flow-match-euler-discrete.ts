import { z } from 'zod';
import { oneSpread } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { flowMatchOptions, FlowMatchScheduler } from './flow-scheduler.js';
import { f32 } from './maths/float32.js';
import { weightedSum } from './maths/weighted-sum.js';
import type { StepOptions } from './scheduler.js';

const configSchema = oneSpread(z.object({ ...flowMatchOptions, stochastic_sampling: z.boolean().default(false) }));

/**
 * Euler's method along the straight paths of rectified flow (SD 3, Flux, LTX); stochastic: to the original and back with fresh noise.
 * Source: Esser et al. 2024, https://arxiv.org/abs/2403.03206. Reference: diffusers FlowMatchEulerDiscreteScheduler.
 */
class FlowMatchEulerDiscreteScheduler extends FlowMatchScheduler<z.infer<typeof configSchema>> {
  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, { noise }: StepOptions): Float32Array {
    const [sigma, next] = [this.sigmas[stepIndex]!, this.sigmas[stepIndex + 1]!];
    if (!this.options.stochastic_sampling) return weightedSum([1, sample], [f32(next - sigma), output]);
    const keep = f32(1 - next);
    return weightedSum([keep, sample], [-keep * sigma, output], [next, this.draw(noise)]);
  }
}

export const flowMatchEulerDiscrete = defineScheduler('FlowMatchEulerDiscreteScheduler', configSchema, (name, config) => new FlowMatchEulerDiscreteScheduler(name, config));
