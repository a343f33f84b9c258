import { LlmiError } from '@llmi/core';
import { consistencySchema, ConsistencyScheduler } from './consistency-scheduler.js';
import { defineScheduler } from './define-scheduler.js';
import { f32, sqrt32 } from './maths/float32.js';
import { weightedSum, type Term } from './maths/weighted-sum.js';
import { noiseTerms, predictOriginal } from './predictions.js';
import type { StepOptions } from './scheduler.js';

const defaultEta = 0.3;

/**
 * Trajectory consistency: along the model's trajectory past the next timestep, by the share `eta`, and back to it with fresh noise.
 * Source: Zheng et al. 2024, algorithm 4, https://arxiv.org/abs/2402.19159. Reference: diffusers TCDScheduler.
 */
class TcdScheduler extends ConsistencyScheduler {
  protected override originTimesteps(strength: number, original: number | undefined): number[] {
    if (original === undefined) return super.originTimesteps(strength, original);
    return Array.from({ length: Math.trunc(this.options.num_train_timesteps * strength) }, (_, index) => index);
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, { eta = defaultEta, noise }: StepOptions): Float32Array {
    if (!(eta >= 0 && eta <= 1)) throw new LlmiError('INPUT_INVALID', { message: `eta ${eta} is not between 0 and 1.`, param: 'eta' });
    const { prediction_type } = this.options;
    const next = this.allTimesteps[stepIndex + 1] ?? 0;
    const alpha = this.alphaAt(this.allTimesteps[stepIndex]!);
    const alphaNext = this.alphaAt(next);
    const alphaPast = this.alphaAt(Math.floor(f32(f32(1 - eta) * next)));
    const [signal, spread] = [sqrt32(alpha), sqrt32(f32(1 - alpha))];

    const isLast = stepIndex === this.plannedSteps - 1;
    const back = eta > 0 && !isLast ? f32(alphaNext / alphaPast) : 1;
    const keep = sqrt32(back);
    const fresh: Term[] = eta > 0 && !isLast ? [[sqrt32(f32(1 - back)), this.draw(noise)]] : [];
    const original = predictOriginal(prediction_type, signal, spread, sample, output);
    const towards = noiseTerms(prediction_type, signal, spread, keep * sqrt32(f32(1 - alphaPast)), sample, output);
    return weightedSum([keep * sqrt32(alphaPast), original], ...towards, ...fresh);
  }
}

export const tcd = defineScheduler('TCDScheduler', consistencySchema, (name, config) => new TcdScheduler(name, config));
