import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createScheduler, type StepOptions, type TimestepOptions } from '../src/index.js';

/** A case of fixtures/schedulers.json; make_schedulers.py beside it says how they were made. */
interface Case {
  class: string;
  config: Record<string, unknown>;
  steps: number;
  slope: number;
  set?: TimestepOptions;
  step?: StepOptions;
  strength?: number;
  timesteps: number[];
  sigmas?: number[];
  initNoiseSigma: number;
  draws: number;
  tolerance: number;
  samples: Record<string, number[]>;
}

const size = 16;
const { cases } = JSON.parse(readFileSync(new URL('fixtures/schedulers.json', import.meta.url), 'utf8')) as { cases: Case[] };

const wave = (phase: number) => Float32Array.from({ length: size }, (_, index) => Math.SQRT2 * Math.sin(index * 12.9898 + phase * 78.233));
const largestDifference = (left: ArrayLike<number>, right: ArrayLike<number>) => Array.from(left, (value, index) => Math.abs(value - right[index]!)).reduce((a, b) => Math.max(a, b), 0);

function start({ class: name, config, steps, set, strength }: Case) {
  const scheduler = createScheduler({ _class_name: name, ...config });
  scheduler.setTimesteps(steps, { ...set, ...(strength === undefined ? {} : { strength }) });
  if (strength === undefined) return { scheduler, initial: wave(1).map((value) => value * Math.fround(scheduler.initNoiseSigma)) };
  return { scheduler, initial: scheduler.addNoise(wave(2).map((value) => value * 0.5), wave(1), scheduler.timesteps[0]!) };
}

describe('schedulers give what diffusers gives', () => {
  it.each(cases.map((golden, index) => [`${index} ${golden.class} ${JSON.stringify(golden.config)}, ${golden.steps} steps`, golden] as const))('%s', (_name, golden) => {
    const { scheduler, initial } = start(golden);
    expect(scheduler.timesteps.length).toBe(golden.timesteps.length);
    expect(largestDifference(scheduler.timesteps, golden.timesteps)).toBeLessThan(5e-4);
    if (golden.sigmas) {
      expect(scheduler.sigmas.length).toBe(golden.sigmas.length);
      expect(largestDifference(scheduler.sigmas, golden.sigmas)).toBeLessThanOrEqual(1e-6 * Math.max(1, ...golden.sigmas));
    }
    expect(scheduler.initNoiseSigma / golden.initNoiseSigma).toBeCloseTo(1, 5);

    let draws = 0;
    let sample = initial;
    scheduler.timesteps.forEach((timestep, index) => {
      const input = scheduler.scaleModelInput(sample, index);
      const output = input.map((value) => Math.sin(value * golden.slope + timestep * 0.01));
      sample = scheduler.step(output, index, sample, { ...golden.step, noise: () => wave(1000 + draws++) });
      const expected = golden.samples[index];
      if (expected) expect(largestDifference(sample, expected)).toBeLessThanOrEqual(golden.tolerance);
    });
    expect(draws).toBe(golden.draws);
  });
});
