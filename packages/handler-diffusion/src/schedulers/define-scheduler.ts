import type { z } from 'zod';
import type { Scheduler } from './scheduler.js';

/** A scheduler class of diffusers: its name in `_class_name`, what it reads of the configuration, and how it is made. */
export interface SchedulerDefinition {
  readonly className: string;
  readonly schema: z.ZodType;
  create(config: unknown): Scheduler;
}

export function defineScheduler<Config>(className: string, schema: z.ZodType<Config>, create: (className: string, config: Config) => Scheduler): SchedulerDefinition {
  return { className, schema, create: (config) => create(className, config as Config) };
}
