import { z } from 'zod';
import type { DpmAlgorithm, DpmSolverType } from './dpm-solver-weights.js';

/** Names of other solvers' settings that diffusers accepts here, for configurations written by another scheduler. */
export const dpmAlgorithm = z.enum(['dpmsolver', 'dpmsolver++', 'sde-dpmsolver', 'sde-dpmsolver++', 'deis']).default('dpmsolver++').transform((name): DpmAlgorithm => (name === 'deis' ? 'dpmsolver++' : name));
export const dpmSolverType = z.enum(['midpoint', 'heun', 'logrho', 'bh1', 'bh2']).default('midpoint').transform((name): DpmSolverType => (name === 'heun' ? name : 'midpoint'));
export const solverOrder = z.int().min(1).max(3).default(2);
