export { brownianNoise } from './schedulers/brownian-noise.js';
export { createScheduler, schedulerClasses } from './schedulers/create-scheduler.js';
export { schedulerNames } from './schedulers/common-names.js';
export { parseSchedulerConfig } from './schedulers/parse-scheduler-config.js';
export type { NoiseSource, Scheduler, StepOptions, TimestepOptions } from './schedulers/scheduler.js';
