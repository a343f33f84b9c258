import { BaseScheduler, type BaseConfig } from './base-scheduler.js';
import { f32, sqrt32 } from './maths/float32.js';
import type { OriginalFormula } from './maths/sigma-moves.js';
import { weightedSum } from './maths/weighted-sum.js';
import type { Prediction } from './predictions.js';
import { TrainingNoise, type TrainingConfig } from './training-noise.js';

/** How the original is predicted where the sample is original + sigma x noise. */
export function originalFormula(prediction: Exclude<Prediction, 'flow_prediction'>, sigma: number): OriginalFormula {
  switch (prediction) {
    case 'epsilon':
      return { factor: -sigma, divisor: 1 };
    case 'sample':
      return { factor: 1, divisor: Infinity };
    case 'v_prediction': {
      const divisor = f32(f32(sigma * sigma) + 1);
      return { factor: f32(-sigma / sqrt32(divisor)), divisor };
    }
  }
}

/** Schedulers that integrate over sigma: the sample is original + sigma x noise, and the model gets it at unit variance. */
export abstract class SigmaScheduler<Config extends BaseConfig> extends BaseScheduler<Config> {
  /** Sigma that the model's input at this step is scaled for. */
  protected inputSigma(stepIndex: number): number {
    return this.sigmas[stepIndex]!;
  }

  override scaleModelInput(sample: Float32Array, index: number): Float32Array {
    const sigma = this.inputSigma(this.stepIndex(index));
    return weightedSum([1 / sqrt32(f32(f32(sigma * sigma) + 1)), sample]);
  }

  addNoise(original: Float32Array, noise: Float32Array, timestep: number): Float32Array {
    return weightedSum([1, original], [this.sigmas[this.indexOf(timestep)]!, noise]);
  }
}

/** Sigma schedulers of models that were trained with discrete betas. */
export abstract class DiscreteSigmaScheduler<Config extends TrainingConfig & { timestep_spacing: string }> extends SigmaScheduler<Config> {
  protected readonly training: TrainingNoise;

  constructor(className: string, options: Config) {
    super(className, options);
    this.training = new TrainingNoise(options);
  }

  override get initNoiseSigma(): number {
    const largest = Math.max(...(this.sigmas.length > 0 ? this.sigmas : this.training.sigmas));
    return this.options.timestep_spacing === 'leading' ? sqrt32(f32(f32(largest * largest) + 1)) : largest;
  }
}
