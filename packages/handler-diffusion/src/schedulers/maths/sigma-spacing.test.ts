import { describe, expect, it } from 'vitest';
import { betaQuantile } from './beta-quantile.js';
import { betaSigmas, exponentialSigmas, karrasSigmas, logSigmas, sigmaToTimestep, spreadSigmas } from './sigma-spacing.js';

describe('spread sigmas', () => {
  it('go from the largest to the smallest', () => {
    for (const spread of [karrasSigmas, exponentialSigmas, betaSigmas]) {
      const sigmas = spread(14.6, 0.03, 5);
      expect(sigmas[0]).toBeCloseTo(14.6, 10);
      expect(sigmas[4]).toBeCloseTo(0.03, 10);
      expect([...sigmas].sort((left, right) => right - left)).toEqual(sigmas);
    }
  });

  it('have the middle that each way of spreading gives', () => {
    expect(exponentialSigmas(100, 1, 3)[1]).toBeCloseTo(10, 12);
    expect(karrasSigmas(128, 1, 3)[1]).toBeCloseTo(1.5 ** 7, 10); // seventh roots 2 and 1
    expect(betaSigmas(9, 1, 3)[1]).toBeCloseTo(5, 12); // the distribution is symmetric
  });

  it('are none where the options ask for none', () => {
    expect(spreadSigmas({ use_karras_sigmas: false, use_exponential_sigmas: false, use_beta_sigmas: false }, 9, 1, 3)).toBeUndefined();
  });
});

describe('the timestep of a sigma', () => {
  const logs = logSigmas(Float32Array.of(1, 2, 4, 8));

  it('is its place in the logarithms', () => {
    expect(sigmaToTimestep(4, logs)).toBeCloseTo(2, 6);
    expect(sigmaToTimestep(Math.sqrt(8), logs)).toBeCloseTo(1.5, 6);
  });

  it('is the end that a sigma beyond the training lies at', () => {
    expect(sigmaToTimestep(0, logs)).toBe(0);
    expect(sigmaToTimestep(100, logs)).toBe(3);
  });
});

describe('quantiles of Beta(0.6, 0.6)', () => {
  // scipy 1.17.1: scipy.stats.beta.ppf([0.001, 0.05, 0.25, 0.5, 0.9], 0.6, 0.6)
  it('are those of scipy', () => {
    const expected: [share: number, quantile: number][] = [[0.001, 1.855873851745199e-05], [0.05, 0.012554456873611399], [0.25, 0.17568037865269498], [0.5, 0.5000000000000001], [0.9, 0.9604155944112192]];
    for (const [share, quantile] of expected) expect(betaQuantile(share, 0.6) / quantile).toBeCloseTo(1, 12);
  });

  it('end at 0 and 1', () => {
    expect([betaQuantile(0, 0.6), betaQuantile(1, 0.6)]).toEqual([0, 1]);
  });
});
