import { describe, expect, it } from 'vitest';
import { cumulativeAlphas, makeBetas, rescaleZeroTerminalSnr, trainingSigmas } from './betas.js';

const options = { num_train_timesteps: 1000, beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' } as const;

describe('betas', () => {
  it('end at the given values', () => {
    const betas = makeBetas(options);
    expect(betas).toHaveLength(1000);
    expect(betas[0]).toBeCloseTo(0.00085, 9);
    expect(betas[999]).toBeCloseTo(0.012, 8);
  });

  it('give the sigmas of Stable Diffusion, 0.0292 to 14.6146', () => {
    const sigmas = trainingSigmas(cumulativeAlphas(makeBetas(options)));
    expect(sigmas[0]).toBe(Math.fround(0.029167533));
    expect(sigmas[999]).toBe(Math.fround(14.614647));
  });

  it('stay at most 0.999 in the cosine schedule', () => {
    const betas = makeBetas({ ...options, beta_schedule: 'squaredcos_cap_v2' });
    expect(Math.max(...betas)).toBe(Math.fround(0.999));
    expect(betas[0]).toBeCloseTo(4.128422e-5, 9);
  });

  it('are those that the file lists, where it lists any', () => {
    expect(makeBetas({ ...options, trained_betas: [0.25, 0.5] })).toEqual(Float32Array.of(0.25, 0.5));
  });

  it('leave no signal at the end after the rescale to zero SNR, and the first step as it was', () => {
    const betas = makeBetas(options);
    const rescaled = cumulativeAlphas(rescaleZeroTerminalSnr(betas));
    expect(rescaled[999]).toBe(0);
    expect(rescaled[0]).toBeCloseTo(1 - betas[0]!, 6);
  });
});
