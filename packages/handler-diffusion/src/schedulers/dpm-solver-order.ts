import { LlmiError } from '@llmi/core';
import type { DpmAlgorithm } from './dpm-solver-weights.js';

export interface DpmOrderOptions {
  algorithm_type: DpmAlgorithm;
  solver_order: number;
  lower_order_final: boolean;
  euler_at_final: boolean;
  final_sigmas_type: 'zero' | 'sigma_min';
}

/** Below this many steps the last ones are taken with lower orders, for stability. */
export const fewSteps = 15;

/** Highest order of the step with `left` of `count` steps to go, itself included. */
function limit({ lower_order_final, euler_at_final, final_sigmas_type }: DpmOrderOptions, left: number, count: number): number {
  const isLowered = lower_order_final && count < fewSteps;
  if (left === 1 && (euler_at_final || isLowered || final_sigmas_type === 'zero')) return 1;
  return left === 2 && isLowered ? 2 : 3;
}

/** The order that a step is taken with, when `predictions` of them are there. */
export function multistepOrder(options: DpmOrderOptions, stepIndex: number, count: number, predictions: number): number {
  return Math.min(predictions, options.solver_order, limit(options, count - stepIndex, count));
}

/** Refuses a run that would come to a third-order step of an algorithm that has none. */
export function requireOrders(options: DpmOrderOptions, count: number, withoutThird: readonly DpmAlgorithm[]): void {
  if (!withoutThird.includes(options.algorithm_type)) return;
  for (let step = 0; step < count; step++) {
    if (multistepOrder(options, step, count, step + 1) < 3) continue;
    throw new LlmiError('INPUT_UNSUPPORTED', { message: `${options.algorithm_type} has no steps of order 3.`, hint: 'Set solver_order to 2.', param: 'solver_order' });
  }
}
