import { LlmiError } from '@llmi/core';
import type { NoiseSource, Scheduler, StepOptions, TimestepOptions } from './scheduler.js';

/** The part of every configuration that the base reads. */
export interface BaseConfig {
  num_train_timesteps: number;
}

/** Timesteps of a whole run, and its sigmas where the scheduler works in them. */
export interface Schedule {
  timesteps: number[];
  sigmas?: number[];
}

/** Timesteps closer than this share of themselves are the same: they are float32, and may come back from a text. */
const timestepTolerance = 1e-6;

/** The options that some schedulers do not have. */
type CustomOption = 'mu' | 'sigmas' | 'timesteps' | 'original_inference_steps';

/** What all schedulers share: checking what is asked, leaving out steps by strength, counting. */
export abstract class BaseScheduler<Config extends BaseConfig> implements Scheduler {
  readonly order: number = 1;
  timesteps: number[] = [];
  sigmas: number[] = [];
  /** Timesteps of the whole run, those left out by `strength` included. */
  protected allTimesteps: number[] = [];
  /** Index of the first timestep that is run. */
  protected beginIndex = 0;
  /** True where the run starts from a picture, at `beginIndex`. */
  private startsFromPicture = false;
  /** The step index of the last call of `step`, plus one; undefined before the first. */
  protected nextIndex: number | undefined;

  constructor(
    readonly className: string,
    protected readonly options: Config,
  ) {}

  get config(): Readonly<Record<string, unknown>> {
    return this.options as unknown as Record<string, unknown>;
  }

  get initNoiseSigma(): number {
    return 1;
  }

  /** Which of the options of `setTimesteps` this scheduler has. */
  protected readonly accepts: readonly CustomOption[] = [];

  /** True where the model's output holds a variance too, in as many channels again. */
  protected get learnsVariance(): boolean {
    return false;
  }

  protected abstract plan(steps: number, options: TimestepOptions): Schedule;
  protected abstract advance(modelOutput: Float32Array, stepIndex: number, sample: Float32Array, options: StepOptions): Float32Array;
  abstract addNoise(original: Float32Array, noise: Float32Array, timestep: number): Float32Array;

  /** Forgets what earlier steps left behind. */
  protected reset(): void {
    this.nextIndex = undefined;
  }

  setTimesteps(steps: number, given: TimestepOptions = {}): void {
    // Null is how configurations in JSON say that something is not set.
    const options: TimestepOptions = Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
    this.check(steps, options);
    const { timesteps, sigmas = [] } = this.plan(steps, options);
    this.allTimesteps = timesteps;
    this.sigmas = sigmas;
    const count = options.timesteps || options.sigmas ? Math.ceil(timesteps.length / this.order) : steps;
    this.beginIndex = options.strength === undefined ? 0 : this.skippedSteps(count, options.strength) * this.order;
    this.startsFromPicture = options.strength !== undefined;
    this.timesteps = timesteps.slice(this.beginIndex);
    if (this.timesteps.length === 0) {
      throw new LlmiError('INPUT_INVALID', {
        message: `A strength of ${options.strength} leaves none of ${steps} steps to run.`,
        hint: 'Raise the strength or the number of steps.',
        param: 'strength',
      });
    }
    this.reset();
  }

  scaleModelInput(sample: Float32Array, _index: number): Float32Array {
    return sample;
  }

  step(modelOutput: Float32Array, index: number, sample: Float32Array, options: StepOptions = {}): Float32Array {
    if (index === 0) this.reset();
    const stepIndex = this.stepIndex(index);
    if (modelOutput.length !== sample.length && !(this.learnsVariance && modelOutput.length === 2 * sample.length)) {
      throw new LlmiError('INPUT_INVALID', { message: `The model gave ${modelOutput.length} values for a sample of ${sample.length}.`, param: 'modelOutput' });
    }
    const result = this.advance(modelOutput, stepIndex, sample, options);
    this.nextIndex = stepIndex + 1;
    return result;
  }

  /** Index into the whole run of a step that is run. */
  protected stepIndex(index: number): number {
    if (Number.isInteger(index) && index >= 0 && index < this.timesteps.length) return this.beginIndex + index;
    const message = this.timesteps.length === 0 ? 'The scheduler has no timesteps yet.' : `There is no step ${index} among ${this.timesteps.length}.`;
    throw new LlmiError('INPUT_INVALID', { message, hint: 'Call setTimesteps, then pass indices into its timesteps.', param: 'index' });
  }

  /** How many steps image-to-image leaves out: diffusers rounds the number that is run down. */
  protected skippedSteps(steps: number, strength: number): number {
    return steps - Math.min(Math.trunc(steps * strength), steps);
  }

  protected draw(noise: NoiseSource | undefined, ...sigmas: number[]): Float32Array {
    if (noise) return noise(...sigmas);
    throw new LlmiError('INPUT_INVALID', {
      message: `${this.className} adds noise at this step, and none was given.`,
      hint: 'Pass `noise`, a function that returns unit Gaussian noise of the size of the sample.',
      param: 'noise',
    });
  }

  /** Where `timestep` lies in the run. */
  protected indexOf(timestep: number): number {
    const index = this.find(timestep);
    if (index !== undefined) return index;
    throw new LlmiError('INPUT_INVALID', { message: `${timestep} is none of the timesteps of this run.`, hint: 'Use a value of `timesteps`.', param: 'timestep' });
  }

  /** Where `timestep` lies, if it does: the current step of a run from a picture where it fits, else the second of two equal ones, as in diffusers. */
  protected find(timestep: number): number | undefined {
    const tolerance = timestepTolerance * Math.max(1, Math.abs(timestep));
    const fits = (index: number) => Math.abs(this.allTimesteps[index]! - timestep) <= tolerance;
    const current = this.nextIndex ?? this.beginIndex;
    if (this.startsFromPicture && fits(current)) return current;
    const [first, second] = [...this.allTimesteps.keys()].filter(fits);
    return second ?? first;
  }

  private check(steps: number, options: TimestepOptions): void {
    const { num_train_timesteps: most } = this.options;
    if (!Number.isInteger(steps) || steps < 1 || steps > most) {
      throw new LlmiError('INPUT_INVALID', { message: `${steps} is not a number of steps from 1 to ${most}.`, param: 'steps' });
    }
    const { strength } = options;
    if (strength !== undefined && !(strength > 0 && strength <= 1)) {
      throw new LlmiError('INPUT_INVALID', { message: `Strength ${strength} is not above 0 and at most 1.`, param: 'strength' });
    }
    for (const name of ['mu', 'sigmas', 'timesteps', 'original_inference_steps'] as const) {
      if (options[name] === undefined || this.accepts.includes(name)) continue;
      throw new LlmiError('INPUT_UNSUPPORTED', { message: `${this.className} does not take ${name}.`, hint: 'Leave it out, or use another scheduler.', param: name });
    }
    for (const name of ['sigmas', 'timesteps'] as const) {
      const list = options[name];
      if (list && (list.length === 0 || !list.every(Number.isFinite))) throw new LlmiError('INPUT_INVALID', { message: `${name} must be a list of numbers.`, param: name });
    }
  }
}
