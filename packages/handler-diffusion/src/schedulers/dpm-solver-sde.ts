import { z } from 'zod';
import { ancestralSigmas } from './ancestral.js';
import type { Schedule } from './base-scheduler.js';
import { betaOptions, epsilonOrVelocity, oneSpread, predictionOptions, sigmaSpreadOptions, spacingOptions, stableDiffusionBetas } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { exp32, expm132, f32, log32 } from './maths/float32.js';
import { sigmaMove } from './maths/sigma-moves.js';
import { weightedSum } from './maths/weighted-sum.js';
import { doubleAfterFirst, planSigmas } from './plan-sigmas.js';
import type { StepOptions } from './scheduler.js';
import { DiscreteSigmaScheduler, originalFormula } from './sigma-scheduler.js';

const configSchema = oneSpread(
  z.object({ ...betaOptions(stableDiffusionBetas), ...spacingOptions('linspace'), ...sigmaSpreadOptions, ...predictionOptions(epsilonOrVelocity) }),
);

/** Time of a sigma, -log(sigma), and back. */
const timeOf = (sigma: number) => -log32(sigma);
const sigmaOf = (time: number) => exp32(-time);

/**
 * DPM-Solver++ as a stochastic method: half a step, and the whole step from there, each with fresh noise.
 *
 * Its noise is that of one Brownian path: `noise(from, to)` is asked for the path's increment between two sigmas, divided by the root
 * of their distance. The second draw of a step covers the first one's stretch too.
 * Source: Lu et al. 2022, https://arxiv.org/abs/2211.01095, and k-diffusion, sample_dpmpp_sde. Reference: diffusers DPMSolverSDEScheduler.
 */
class DpmSolverSdeScheduler extends DiscreteSigmaScheduler<z.infer<typeof configSchema>> {
  override readonly order = 2;
  /** What the step under way started from. */
  private started: Float32Array | undefined;

  protected plan(steps: number): Schedule {
    const { timesteps, sigmas } = planSigmas(this.options, this.training, steps, { round: (timestep) => timestep });
    const middles = sigmas.slice(1).map((sigma, step) => {
      const [from, to] = [-Math.log(sigmas[step]!), -Math.log(sigma)];
      return this.training.timestepOf(Math.exp(-(from + (to - from) * 0.5)));
    });
    return {
      timesteps: timesteps.flatMap((timestep, step) => (step === 0 ? [timestep] : [middles[step - 1]!, timestep])),
      sigmas: [...doubleAfterFirst(sigmas.map(f32)), 0],
    };
  }

  protected override reset(): void {
    super.reset();
    this.started = undefined;
  }

  protected override inputSigma(stepIndex: number): number {
    return stepIndex % 2 === 0 ? this.sigmas[stepIndex]! : sigmaOf(this.halfway(stepIndex >> 1));
  }

  /** The time in the middle of a step. */
  private halfway(step: number): number {
    const [time, timeTo] = [timeOf(this.sigmas[2 * step]!), timeOf(this.sigmas[2 * step + 1]!)];
    return f32(time + f32(f32(timeTo - time) * 0.5));
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, { noise, s_noise = 1 }: StepOptions): Float32Array {
    const { started } = this;
    const step = stepIndex >> 1;
    const [from, to] = [this.sigmas[2 * step]!, this.sigmas[2 * step + 1]!];
    const [time, timeTo] = [timeOf(from), timeOf(to)];
    const halfway = this.halfway(step);
    const original = originalFormula(this.options.prediction_type, started ? sigmaOf(halfway) : from);
    if (to === 0) {
      return sigmaMove(original, from, -from, sample, output);
    }
    const [sigmaFrom, sigmaTo] = [sigmaOf(time), sigmaOf(started ? timeTo : halfway)];
    const { up, down } = ancestralSigmas(sigmaFrom, sigmaTo, { mostIsTo: true });
    const timeDown = timeOf(down);
    const keep = f32(sigmaOf(timeDown) / sigmaFrom);
    const predict = -expm132(f32(time - timeDown));
    const fresh = [f32(s_noise) * up, this.draw(noise, sigmaFrom, sigmaTo)] as const;
    const predicted = [[predict / original.divisor, sample], [predict * original.factor, output]] as const;
    this.started = started ? undefined : sample;
    return weightedSum([keep, started ?? sample], ...predicted, fresh);
  }
}

export const dpmSolverSde = defineScheduler('DPMSolverSDEScheduler', configSchema, (name, config) => new DpmSolverSdeScheduler(name, config));
