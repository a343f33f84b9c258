/** Settings that a common name stands for, laid over the model's own. */
type Settings = Readonly<Record<string, unknown>>;

/** The samplers of stable-diffusion-webui and other programs. Source: the table in diffusers' scheduler overview, and k-diffusion's names. */
const samplers: Readonly<Record<string, Settings>> = {
  'DPM++ 2M': { _class_name: 'DPMSolverMultistepScheduler' },
  'DPM++ 2M SDE': { _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'sde-dpmsolver++' },
  'DPM++ 2M SDE Heun': { _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'sde-dpmsolver++', solver_type: 'heun' },
  'DPM++ 3M': { _class_name: 'DPMSolverMultistepScheduler', solver_order: 3 },
  'DPM++ 3M SDE': { _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'sde-dpmsolver++', solver_order: 3 },
  'DPM++ 2S': { _class_name: 'DPMSolverSinglestepScheduler' },
  'DPM++ 2S a': { _class_name: 'DPMSolverSinglestepScheduler', algorithm_type: 'sde-dpmsolver++' },
  'DPM++ SDE': { _class_name: 'DPMSolverSDEScheduler' },
  DPM2: { _class_name: 'KDPM2DiscreteScheduler' },
  'DPM2 a': { _class_name: 'KDPM2AncestralDiscreteScheduler' },
  Euler: { _class_name: 'EulerDiscreteScheduler' },
  'Euler a': { _class_name: 'EulerAncestralDiscreteScheduler' },
  Heun: { _class_name: 'HeunDiscreteScheduler' },
  LMS: { _class_name: 'LMSDiscreteScheduler' },
  DDIM: { _class_name: 'DDIMScheduler' },
  DDPM: { _class_name: 'DDPMScheduler' },
  PLMS: { _class_name: 'PNDMScheduler', skip_prk_steps: true },
  PNDM: { _class_name: 'PNDMScheduler' },
  UniPC: { _class_name: 'UniPCMultistepScheduler' },
  DEIS: { _class_name: 'DEISMultistepScheduler' },
  'SA-Solver': { _class_name: 'SASolverScheduler' },
  LCM: { _class_name: 'LCMScheduler' },
  TCD: { _class_name: 'TCDScheduler' },
  'Flow Euler': { _class_name: 'FlowMatchEulerDiscreteScheduler' },
  'Flow Heun': { _class_name: 'FlowMatchHeunDiscreteScheduler' },
};

/** Words after a sampler's name that say how its steps are spread. */
const spreads: Readonly<Record<string, Settings>> = {
  '': {},
  Karras: { use_karras_sigmas: true },
  Exponential: { use_exponential_sigmas: true },
  Beta: { use_beta_sigmas: true },
  Lu: { use_lu_lambdas: true },
  'SGM Uniform': { timestep_spacing: 'trailing' },
};

/** Names match whatever their case and spaces. */
const keyOf = (name: string) => name.toLowerCase().replace(/[\s_]+/g, ' ').trim();

const settingsByKey = new Map(
  Object.entries(samplers).flatMap(([sampler, settings]) => Object.entries(spreads).map(([spread, more]) => [keyOf(`${sampler} ${spread}`), { ...settings, ...more }] as const)),
);

/** The common names that `createScheduler` takes for `_class_name`, each also followed by Karras, Exponential, Beta, Lu or SGM Uniform where its class has that. */
export const schedulerNames: readonly string[] = Object.keys(samplers);

/** Settings that belong to the way of solving and not to the model: a scheduler that is asked for by name has its own. */
const solverSettings = new Set([
  'algorithm_type', 'solver_type', 'solver_order', 'final_sigmas_type', 'euler_at_final', 'lower_order_final',
  'use_karras_sigmas', 'use_exponential_sigmas', 'use_beta_sigmas', 'use_lu_lambdas',
]);

/** What a common name stands for, as settings; undefined where nobody calls a scheduler so. */
export function settingsOfName(name: string): Settings | undefined {
  return settingsByKey.get(keyOf(name));
}

/**
 * The part of a model's scheduler configuration that another scheduler keeps, as `from_config` of diffusers does it: settings that the
 * file only holds because they were the old class's defaults (`_use_default_values`) give way to those of the new class.
 */
export function settingsOfModel(own: Settings): Settings {
  const defaults = Array.isArray(own._use_default_values) ? own._use_default_values : [];
  return Object.fromEntries(Object.entries(own).filter(([key]) => !defaults.includes(key) && !solverSettings.has(key)));
}
