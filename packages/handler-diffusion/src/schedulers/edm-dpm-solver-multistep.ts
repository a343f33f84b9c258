import { z } from 'zod';
import type { Schedule } from './base-scheduler.js';
import { thresholdOptions } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { dpmSolverType, solverOrder } from './dpm-solver-options.js';
import { multistepOrder, requireOrders } from './dpm-solver-order.js';
import { dpmSolverWeights, isStochastic, multistepTerms, type DpmAlgorithm } from './dpm-solver-weights.js';
import { edmOptions, EdmScheduler } from './edm.js';
import type { Level } from './log-snr-scheduler.js';
import { f32, linspace32, log32 } from './maths/float32.js';
import { weightedSum } from './maths/weighted-sum.js';
import { boundOriginal } from './predictions.js';
import type { StepOptions } from './scheduler.js';

const configSchema = z
  .object({
    ...edmOptions,
    ...thresholdOptions,
    solver_order: solverOrder,
    algorithm_type: z.enum(['dpmsolver++', 'sde-dpmsolver++', 'deis']).default('dpmsolver++').transform((name): DpmAlgorithm => (name === 'deis' ? 'dpmsolver++' : name)),
    solver_type: dpmSolverType,
    lower_order_final: z.boolean().default(true),
    euler_at_final: z.boolean().default(false),
  });

/**
 * DPM-Solver++ with the preconditioning and the sigmas of EDM: the signal keeps its size, lambda is -log(sigma).
 * Source: Lu et al. 2022, https://arxiv.org/abs/2211.01095. Reference: diffusers EDMDPMSolverMultistepScheduler.
 */
class EdmDpmSolverMultistepScheduler extends EdmScheduler<z.infer<typeof configSchema>> {
  /** Newest first. */
  private predictions: Float32Array[] = [];

  protected plan(steps: number): Schedule {
    const sigmas = this.spread(Array.from(linspace32(0, 1, steps)), f32);
    requireOrders(this.options, steps, ['sde-dpmsolver++']);
    const last = this.options.final_sigmas_type === 'zero' ? 0 : f32(this.options.sigma_min);
    return { timesteps: sigmas.map((sigma) => this.noiseCondition(sigma)), sigmas: [...sigmas, last] };
  }

  protected override reset(): void {
    super.reset();
    this.predictions = [];
  }

  private level(stepIndex: number): Level {
    const sigma = this.sigmas[stepIndex]!;
    return { alpha: 1, sigma, lambda: -log32(sigma) };
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, { noise, batchSize }: StepOptions): Float32Array {
    const { algorithm_type, solver_order, solver_type } = this.options;
    const { factor, divisor } = this.originalFormula(this.sigmas[stepIndex]!);
    const original = boundOriginal(weightedSum([1 / divisor, sample], [factor, output]), this.options, batchSize);
    this.predictions = [original, ...this.predictions].slice(0, solver_order);
    const order = multistepOrder(this.options, stepIndex, this.allTimesteps.length, this.predictions.length);

    const [from, to] = [this.level(stepIndex), this.level(stepIndex + 1)];
    const step = dpmSolverWeights(algorithm_type, from, to);
    const lambdas = Array.from({ length: order }, (_, back) => this.level(stepIndex - back).lambda);
    const terms = multistepTerms(step, solver_type, f32(to.lambda - from.lambda), lambdas, this.predictions.slice(0, order));
    const fresh = isStochastic(algorithm_type) ? [[step.noise, this.draw(noise)] as const] : [];
    return weightedSum([step.sample, sample], ...terms, ...fresh);
  }
}

export const edmDpmSolverMultistep = defineScheduler('EDMDPMSolverMultistepScheduler', configSchema, (name, config) => new EdmDpmSolverMultistepScheduler(name, config));
