import { z } from 'zod';
import { oneSpread } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { flowMatchOptions, FlowMatchScheduler } from './flow-scheduler.js';
import { f32 } from './maths/float32.js';
import { weightedSum } from './maths/weighted-sum.js';
import type { StepOptions } from './scheduler.js';

const configSchema = oneSpread(z.object({ ...flowMatchOptions, scale_factors: z.array(z.number()).optional() })).refine(({ scale_factors }) => !scale_factors?.length, {
  message: 'scale_factors, which enlarge the sample between steps, are not supported',
});

/**
 * Consistency sampling of a distilled flow model: to the original, and back to the next sigma with fresh noise.
 * Source: Luo et al. 2023, https://arxiv.org/abs/2310.04378. Reference: diffusers FlowMatchLCMScheduler.
 */
class FlowMatchLcmScheduler extends FlowMatchScheduler<z.infer<typeof configSchema>> {
  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, { noise }: StepOptions): Float32Array {
    const [sigma, next] = [this.sigmas[stepIndex]!, this.sigmas[stepIndex + 1]!];
    const keep = f32(1 - next);
    return weightedSum([keep, sample], [-keep * sigma, output], [next, this.draw(noise)]);
  }
}

export const flowMatchLcm = defineScheduler('FlowMatchLCMScheduler', configSchema, (name, config) => new FlowMatchLcmScheduler(name, config));
