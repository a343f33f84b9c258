import { describe, expect, it } from 'vitest';
import { createScheduler, schedulerClasses } from './create-scheduler.js';

const refused = (code: string, param?: string) => expect.objectContaining({ code, ...(param ? { param } : {}) });
const euler = () => createScheduler({ _class_name: 'EulerDiscreteScheduler' });
/** Classes that can have a model which predicts the sample itself. */
const predictsSample = /^(DDIM|DDPM|LMS|EulerDiscrete|Heun|DPMSolverM|DPMSolverSin|DEIS|UniPC|SASolver|LCM|TCD|CogVideoX)/;
const zeros = () => new Float32Array(8);

describe('what a scheduler refuses', () => {
  it('numbers of steps that are none', () => {
    for (const steps of [0, -1, 2.5, NaN, 10_000]) expect(() => euler().setTimesteps(steps)).toThrow(refused('INPUT_INVALID', 'steps'));
  });

  it('a strength that leaves nothing to run', () => {
    for (const strength of [0, -0.1, 1.01, NaN]) expect(() => euler().setTimesteps(10, { strength })).toThrow(refused('INPUT_INVALID', 'strength'));
    expect(() => euler().setTimesteps(3, { strength: 0.2 })).toThrow(/leaves none of 3 steps/);
  });

  it('options that its class has not', () => {
    expect(() => euler().setTimesteps(4, { mu: 1 })).toThrow(refused('INPUT_UNSUPPORTED', 'mu'));
    expect(() => createScheduler({ _class_name: 'PNDMScheduler' }).setTimesteps(4, { timesteps: [3, 1] })).toThrow(refused('INPUT_UNSUPPORTED', 'timesteps'));
    expect(() => euler().setTimesteps(4, { sigmas: [] })).toThrow(refused('INPUT_INVALID', 'sigmas'));
    expect(() => createScheduler({ _class_name: 'EulerDiscreteScheduler', use_karras_sigmas: true }).setTimesteps(2, { timesteps: [900, 100] })).toThrow(refused('INPUT_UNSUPPORTED', 'timesteps'));
  });

  it('a shift by the size of the picture without mu', () => {
    for (const _class_name of ['FlowMatchEulerDiscreteScheduler', 'UniPCMultistepScheduler']) {
      expect(() => createScheduler({ _class_name, use_dynamic_shifting: true }).setTimesteps(4)).toThrow(refused('INPUT_INVALID', 'mu'));
    }
  });

  it('steps before setTimesteps, past the last one, and of another size', () => {
    const scheduler = euler();
    expect(() => scheduler.step(zeros(), 0, zeros())).toThrow(/no timesteps yet/);
    scheduler.setTimesteps(2);
    expect(() => scheduler.step(zeros(), 2, zeros())).toThrow(refused('INPUT_INVALID', 'index'));
    expect(() => scheduler.step(new Float32Array(9), 0, zeros())).toThrow(refused('INPUT_INVALID', 'modelOutput'));
    expect(() => scheduler.step(new Float32Array(16), 0, zeros())).toThrow(refused('INPUT_INVALID', 'modelOutput'));
  });

  it('a step that adds noise without any', () => {
    const scheduler = createScheduler({ _class_name: 'EulerAncestralDiscreteScheduler' });
    scheduler.setTimesteps(2);
    expect(() => scheduler.step(zeros(), 0, zeros())).toThrow(refused('INPUT_INVALID', 'noise'));
  });

  it('arguments of a step that are out of bounds', () => {
    for (const [_class_name, options] of [['LMSDiscreteScheduler', { order: 7 }], ['TCDScheduler', { eta: 1.5 }]] as const) {
      const scheduler = createScheduler({ _class_name });
      scheduler.setTimesteps(4);
      expect(() => scheduler.step(zeros(), 0, zeros(), { ...options, noise: zeros })).toThrow(refused('INPUT_INVALID', Object.keys(options)[0]));
    }
  });

  it('noise for a timestep that is not run', () => {
    const scheduler = euler();
    scheduler.setTimesteps(2);
    expect(() => scheduler.addNoise(zeros(), zeros(), 123)).toThrow(refused('INPUT_INVALID', 'timestep'));
  });

  it('steps of order 3 where the algorithm has none, and only if they are reached', () => {
    const scheduler = createScheduler({ _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'sde-dpmsolver', final_sigmas_type: 'sigma_min', solver_order: 3 });
    expect(() => scheduler.setTimesteps(3)).not.toThrow();
    expect(() => scheduler.setTimesteps(20)).toThrow(refused('INPUT_UNSUPPORTED', 'solver_order'));
  });
});

describe('a run', () => {
  it('knows its timesteps again as float32 prints them', () => {
    const scheduler = euler();
    scheduler.setTimesteps(8);
    expect(scheduler.timesteps[1]).toBe(Math.fround(856.2857));
    expect(scheduler.addNoise(zeros(), zeros().fill(1), 856.2857)[0]).toBe(scheduler.sigmas[1]);
  });

  it('begins anew at step 0, whatever was run before', () => {
    for (const _class_name of ['PNDMScheduler', 'LMSDiscreteScheduler', 'UniPCMultistepScheduler', 'DPMSolverMultistepScheduler', 'HeunDiscreteScheduler', 'SASolverScheduler']) {
      const scheduler = createScheduler({ _class_name });
      scheduler.setTimesteps(5);
      const run = () => scheduler.timesteps.reduce<Float32Array>((sample, timestep, index) => scheduler.step(sample.map((value) => Math.sin(value + timestep)), index, sample, { noise: zeros }), zeros().fill(0.5));
      const first = run();
      scheduler.step(zeros().fill(1), 0, zeros(), { noise: zeros }); // a run that is given up after its first step
      expect(run()).toEqual(first);
    }
  });

  it.each(schedulerClasses)('of %s leaves what it is given and what it gave as they were', (_class_name) => {
    for (const prediction_type of ['epsilon', 'sample']) {
      const scheduler = createScheduler({ _class_name, ...(predictsSample.test(_class_name) ? { prediction_type } : {}) });
      scheduler.setTimesteps(6);
      const kept: [array: Float32Array, copy: Float32Array][] = [];
      const keep = (array: Float32Array) => {
        kept.push([array, array.slice()]);
        return array;
      };
      let sample = keep(zeros().fill(2));
      scheduler.timesteps.forEach((_, index) => {
        sample = keep(scheduler.step(keep(zeros().fill(Math.sin(index))), index, sample, { noise: () => keep(zeros().fill(1)) }));
      });
      for (const [array, copy] of kept) expect(array).toEqual(copy);
    }
  });

  it('thresholds every picture of a batch by itself', () => {
    const config = { _class_name: 'DDIMScheduler', prediction_type: 'sample', thresholding: true, sample_max_value: 100, set_alpha_to_one: true };
    const last = (batchSize: number) => {
      const scheduler = createScheduler(config);
      scheduler.setTimesteps(1);
      return scheduler.step(Float32Array.of(2, -2, 10, -10), 0, new Float32Array(4), { batchSize });
    };
    last(2).forEach((value, index) => expect(Math.abs(value)).toBeCloseTo(Math.abs(last(2)[index ^ 2]!), 6));
    expect(Math.abs(last(1)[0]!)).toBeLessThan(0.5 * Math.abs(last(1)[2]!));
  });

  it('takes the variance that a model learned from the second half of its output', () => {
    const scheduler = createScheduler({ _class_name: 'DDPMScheduler', variance_type: 'learned_range', clip_sample: false });
    scheduler.setTimesteps(10);
    const sample = Float32Array.of(0.5, -0.5);
    const draw = (variance: number) => scheduler.step(Float32Array.of(0.1, 0.2, variance, variance), 0, sample, { noise: () => Float32Array.of(1, 1) })[0]!;
    expect(draw(1)).toBeGreaterThan(draw(-1)); // 1 is the larger of the two variances, -1 the smaller
    expect(() => scheduler.step(sample, 0, sample, { noise: () => sample })).toThrow(refused('INPUT_INVALID', 'modelOutput'));
  });
});
