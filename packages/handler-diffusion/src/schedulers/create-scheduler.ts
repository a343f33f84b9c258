import { LlmiError, nearest } from '@llmi/core';
import { cogVideoXDdim, cogVideoXDpm } from './cogvideox.js';
import { schedulerNames, settingsOfModel, settingsOfName } from './common-names.js';
import { ddim } from './ddim.js';
import { ddpm } from './ddpm.js';
import type { SchedulerDefinition } from './define-scheduler.js';
import { deisMultistep } from './deis-multistep.js';
import { dpmSolverMultistep } from './dpm-solver-multistep.js';
import { dpmSolverSde } from './dpm-solver-sde.js';
import { dpmSolverSinglestep } from './dpm-solver-singlestep.js';
import { edmDpmSolverMultistep } from './edm-dpm-solver-multistep.js';
import { edmEuler } from './edm-euler.js';
import { eulerAncestralDiscrete } from './euler-ancestral-discrete.js';
import { eulerDiscrete } from './euler-discrete.js';
import { flowMatchEulerDiscrete } from './flow-match-euler-discrete.js';
import { flowMatchHeunDiscrete } from './flow-match-heun-discrete.js';
import { flowMatchLcm } from './flow-match-lcm.js';
import { heunDiscrete } from './heun-discrete.js';
import { ipndm } from './ipndm.js';
import { kdpm2AncestralDiscrete } from './kdpm2-ancestral-discrete.js';
import { kdpm2Discrete } from './kdpm2-discrete.js';
import { lcm } from './lcm.js';
import { lmsDiscrete } from './lms-discrete.js';
import { pndm } from './pndm.js';
import { saSolver } from './sa-solver.js';
import type { Scheduler } from './scheduler.js';
import { tcd } from './tcd.js';
import { uniPcMultistep } from './unipc-multistep.js';

const definitions = new Map<string, SchedulerDefinition>(
  [
    ddim, ddpm, pndm, lmsDiscrete, eulerDiscrete, eulerAncestralDiscrete, heunDiscrete, kdpm2Discrete, kdpm2AncestralDiscrete,
    dpmSolverMultistep, dpmSolverSinglestep, dpmSolverSde, deisMultistep, uniPcMultistep, saSolver, lcm, tcd, edmEuler, edmDpmSolverMultistep,
    flowMatchEulerDiscrete, flowMatchHeunDiscrete, flowMatchLcm, ipndm, cogVideoXDdim, cogVideoXDpm,
  ].map((definition) => [definition.className, definition]),
);

/** Class names that `createScheduler` takes for `_class_name`. */
export const schedulerClasses: readonly string[] = [...definitions.keys()];

/** Numbers that JSON cannot hold, as they come out of files and other JSON. */
const namedNumbers = new Map<unknown, number>([
  ['-inf', -Infinity],
  ['-Infinity', -Infinity],
  ['inf', Infinity],
  ['Infinity', Infinity],
]);

/** Null is how Python writes a setting that is not set. */
function normalize(config: object): Record<string, unknown> {
  const set = Object.entries(config).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(set.map(([key, value]) => [key, namedNumbers.get(value) ?? value]));
}

/**
 * The scheduler of a configuration, as in a scheduler_config.json: `_class_name` is a class of diffusers or a common name
 * ("DPM++ 2M Karras"), the other keys are its settings. Settings that the class does not have are left aside, as diffusers does.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED when there is no such scheduler, or a setting has a value that it cannot have.
 */
export function createScheduler(config: object): Scheduler {
  const { _class_name: name, ...settings } = normalize(config);
  const definition = definitions.get(String(name));
  if (!definition) return createByName(name, settings);
  const parsed = definition.schema.safeParse(settings);
  if (parsed.success) return definition.create(parsed.data);
  const issue = parsed.error.issues[0]!;
  const param = issue.path.join('.');
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: `${definition.className} cannot be set up: ${param ? `${param}: ` : ''}${issue.message}.`,
    hint: 'Correct the scheduler configuration, or choose another scheduler.',
    ...(param ? { param } : {}),
  });
}

function createByName(name: unknown, settings: Record<string, unknown>): Scheduler {
  const named = typeof name === 'string' ? settingsOfName(name) : undefined;
  if (!named) throw unknownScheduler(name);
  const scheduler = createScheduler({ ...settingsOfModel(settings), ...named });
  const missing = Object.keys(named).find((key) => key !== '_class_name' && !(key in scheduler.config));
  if (missing === undefined) return scheduler;
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `There is no "${String(name)}": ${scheduler.className} has no ${missing}.`, hint: 'Leave out the last word of the name.', param: '_class_name' });
}

function unknownScheduler(name: unknown): LlmiError {
  if (typeof name !== 'string') {
    return new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: 'The scheduler configuration has no _class_name.', hint: `Set it to one of: ${schedulerClasses.join(', ')}.`, param: '_class_name' });
  }
  const close = nearest(name, [...schedulerClasses, ...schedulerNames]) ?? mostAlike(name);
  return new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `There is no scheduler "${name}".`, hint: `The nearest is ${close}.`, param: '_class_name' });
}

const wordsOf = (name: string) => name.match(/[A-Z]+[a-z0-9]*/g) ?? [];

/** The class that shares most words with a name that is nobody's misspelling. */
function mostAlike(name: string): string {
  const words = new Set(wordsOf(name));
  const shared = (className: string) => wordsOf(className).filter((word) => words.has(word)).length;
  return schedulerClasses.reduce((best, className) => (shared(className) > shared(best) ? className : best));
}
