import type { Scheduler } from '../schedulers/scheduler.js';
import { linspace } from '../schedulers/maths/numpy.js';

/**
 * How far the sigmas are shifted: in a straight line from `base_shift` at few tokens to `max_shift` at many. Source: calculate_shift of diffusers'
 * FluxPipeline.
 */
export function shiftFor(tokens: number, { config }: Scheduler, usualMaxShift: number): number {
  const number = (name: string, otherwise: number) => (typeof config[name] === 'number' ? config[name] : otherwise);
  const [fewest, most] = [number('base_image_seq_len', 256), number('max_image_seq_len', 4096)];
  const [base, max] = [number('base_shift', 0.5), number('max_shift', usualMaxShift)];
  const slope = (max - base) / (most - fewest);
  return tokens * slope + (base - slope * fewest);
}

/** Schedulers that take own sigmas and a shift. */
const shifting = new Set(['FlowMatchEulerDiscreteScheduler', 'FlowMatchLCMScheduler']);
export const takesSigmas = ({ className }: Scheduler) => shifting.has(className);

/** Sigmas of Flux and of films: evenly from 1 to 1 / steps. */
export const evenSigmas = (steps: number): number[] => linspace(1, 1 / steps, steps);
