/** One draw of unit Gaussian noise of the sample's size; the DPM++ SDE scheduler says between which sigmas it walks. */
export type NoiseSource = (sigmaFrom?: number, sigmaTo?: number) => Float32Array;

/** What `setTimesteps` of diffusers takes beside the number of steps, by the same names. */
export interface TimestepOptions {
  /** Image-to-image: the share of the steps that is run, the first ones left out. In (0, 1]. */
  strength?: number;
  /** Shift of the sigmas where the scheduler shifts by the size of the picture (Flux, Qwen-Image). */
  mu?: number;
  /** Own sigmas, from noise to picture; their number is then the number of steps. */
  sigmas?: readonly number[];
  /** Own timesteps, from noise to picture; their number is then the number of steps. */
  timesteps?: readonly number[];
  /** LCM and TCD: steps of the distillation, of which the ones to run are taken. */
  original_inference_steps?: number;
}

/** Arguments of diffusers' `step`, by the same names; each scheduler reads its own. */
export interface StepOptions {
  /** Asked for every draw, in diffusers' order. Needed where a step adds noise. */
  noise?: NoiseSource;
  /** Pictures in the sample, for what is done picture by picture: thresholding, learned variance. Default 1. */
  batchSize?: number;
  /** DDIM: 0 adds no noise, 1 is DDPM. TCD: the stochasticity, default 0.3. */
  eta?: number;
  use_clipped_model_output?: boolean;
  /** DDIM and DPM-Solver++: this noise instead of a draw. */
  variance_noise?: Float32Array;
  s_churn?: number;
  s_tmin?: number;
  s_tmax?: number;
  s_noise?: number;
  /** LMS: how many derivatives are combined, default 4. */
  order?: number;
}

/** One of diffusers' schedulers. Samples are flat; a scheduler keeps references to the arrays it is given until the run ends. */
export interface Scheduler {
  readonly className: string;
  /** The parsed configuration, defaults filled in. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Evaluations of the model per step. */
  readonly order: number;
  /** The timesteps to run, for the model, from noise to picture. With `strength` the ones left out are not listed. */
  readonly timesteps: number[];
  /** Noise levels as diffusers lists them, those left out by `strength` included; empty where the scheduler has none. */
  readonly sigmas: number[];
  /** What unit noise is multiplied by to start from nothing. */
  readonly initNoiseSigma: number;

  /** Plans a run of `steps` steps and forgets the one before. */
  setTimesteps(steps: number, options?: TimestepOptions): void;
  /** The model's input at `timesteps[index]`: the sample itself where nothing is scaled. */
  scaleModelInput(sample: Float32Array, index: number): Float32Array;
  /** The sample after step `index`; steps are taken in order, and index 0 begins a new run. */
  step(modelOutput: Float32Array, index: number, sample: Float32Array, options?: StepOptions): Float32Array;
  /** The original as it would look at a timestep, noise added. */
  addNoise(original: Float32Array, noise: Float32Array, timestep: number): Float32Array;
}
