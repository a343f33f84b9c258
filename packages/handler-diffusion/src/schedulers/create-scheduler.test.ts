import { describe, expect, it } from 'vitest';
import { schedulerNames } from './common-names.js';
import { createScheduler, schedulerClasses } from './create-scheduler.js';
import { parseSchedulerConfig } from './parse-scheduler-config.js';

const refused = (code: string, more = {}) => expect.objectContaining({ code, ...more });

describe('createScheduler', () => {
  it('makes every class with its defaults', () => {
    for (const _class_name of schedulerClasses) {
      const scheduler = createScheduler({ _class_name });
      scheduler.setTimesteps(4, 'use_dynamic_shifting' in scheduler.config && scheduler.config.use_dynamic_shifting ? { mu: 1 } : {});
      expect(scheduler.className).toBe(_class_name);
      expect(scheduler.timesteps.length).toBeGreaterThanOrEqual(4);
    }
  });

  it('leaves aside settings of other classes and what is null', () => {
    const scheduler = createScheduler({ _class_name: 'EulerDiscreteScheduler', _diffusers_version: '0.6.0', skip_prk_steps: true, trained_betas: null, beta_start: 0.001 });
    expect(scheduler.config).toMatchObject({ beta_start: 0.001, beta_schedule: 'linear' });
    expect(scheduler.config).not.toHaveProperty('skip_prk_steps');
  });

  it('names the nearest class or name for one that it does not have', () => {
    expect(() => createScheduler({ _class_name: 'EulerDiscretScheduler' })).toThrow(refused('MODEL_FORMAT_UNSUPPORTED', { hint: 'The nearest is EulerDiscreteScheduler.', param: '_class_name' }));
    expect(() => createScheduler({ _class_name: 'FlaxDPMSolverMultistepInverseScheduler' })).toThrow(refused('MODEL_FORMAT_UNSUPPORTED', { hint: 'The nearest is DPMSolverMultistepScheduler.' }));
    expect(() => createScheduler({ _class_name: 'Euler b' })).toThrow(refused('MODEL_FORMAT_UNSUPPORTED', { hint: 'The nearest is Euler a.' }));
    expect(() => createScheduler({})).toThrow(refused('MODEL_FORMAT_UNSUPPORTED', { param: '_class_name' }));
  });

  it('names the setting that has a value it cannot have', () => {
    expect(() => createScheduler({ _class_name: 'DDIMScheduler', prediction_type: 'noise' })).toThrow(refused('MODEL_FORMAT_UNSUPPORTED', { param: 'prediction_type' }));
    expect(() => createScheduler({ _class_name: 'LMSDiscreteScheduler', use_karras_sigmas: true, use_beta_sigmas: true })).toThrow(/only one of/);
    expect(() => createScheduler({ _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'dpmsolver' })).toThrow(/sigma_min/);
  });

  it('takes settings that another solver wrote', () => {
    const config = createScheduler({ _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'deis', solver_type: 'logrho' }).config;
    expect(config).toMatchObject({ algorithm_type: 'dpmsolver++', solver_type: 'midpoint' });
  });
});

describe('common names', () => {
  it('stand for classes with their settings, whatever the case', () => {
    expect(createScheduler({ _class_name: 'DPM++ 2M Karras' })).toMatchObject({ className: 'DPMSolverMultistepScheduler', config: { use_karras_sigmas: true, solver_order: 2 } });
    expect(createScheduler({ _class_name: 'dpm++ 2m sde  karras' }).config).toMatchObject({ algorithm_type: 'sde-dpmsolver++', use_karras_sigmas: true });
    expect(createScheduler({ _class_name: 'Euler a' }).className).toBe('EulerAncestralDiscreteScheduler');
    expect(createScheduler({ _class_name: 'Euler SGM Uniform' }).config).toMatchObject({ timestep_spacing: 'trailing' });
    for (const name of schedulerNames) expect(() => createScheduler({ _class_name: name })).not.toThrow();
  });

  it('keep what the model says about its training, and not how it was solved or what was a default', () => {
    const own = { beta_schedule: 'scaled_linear', prediction_type: 'v_prediction', algorithm_type: 'dpmsolver', use_karras_sigmas: true, timestep_spacing: 'leading', _use_default_values: ['timestep_spacing'] };
    const { config } = createScheduler({ ...own, _class_name: 'DPM++ 2M' });
    expect(config).toMatchObject({ beta_schedule: 'scaled_linear', prediction_type: 'v_prediction', algorithm_type: 'dpmsolver++', use_karras_sigmas: false, timestep_spacing: 'linspace' });
  });

  it('are refused with a word that the class knows nothing of', () => {
    expect(() => createScheduler({ _class_name: 'Euler a Karras' })).toThrow(/has no use_karras_sigmas/);
  });
});

describe('scheduler_config.json', () => {
  it('may hold the numbers that JSON has not', () => {
    const text = '{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity, "note": "up to -Infinity, \\"NaN\\""}';
    const config = parseSchedulerConfig(text);
    expect(config).toMatchObject({ lambda_min_clipped: '-Infinity', note: 'up to -Infinity, "NaN"' });
    expect(createScheduler(config).config).toMatchObject({ lambda_min_clipped: -Infinity });
    expect(createScheduler({ ...config, lambda_min_clipped: -5.1 }).config).toMatchObject({ lambda_min_clipped: -5.1 });
  });

  it('is refused where it is no object', () => {
    expect(() => parseSchedulerConfig('[1]')).toThrow(refused('MODEL_FILE_CORRUPT'));
    expect(() => parseSchedulerConfig('{"a": Infinit')).toThrow(refused('MODEL_FILE_CORRUPT'));
  });
});
