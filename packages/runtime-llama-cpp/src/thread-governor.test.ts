import { describe, expect, it } from 'vitest';
import { fittingThreads, type LoadSample } from './thread-governor.js';

/** Milliseconds of a quarter second on so many cores, of which others and this process keep some busy. */
function samples(cores: number, others: number, own: number): [LoadSample, LoadSample] {
  const since = { busy: 1000, total: 5000, own: 300, cores };
  return [since, { busy: since.busy + (others + own) * 250, total: since.total + cores * 250, own: since.own + own * 250, cores }];
}

describe('the number of threads', () => {
  it.each([
    [2, 0, 2, 2], // alone
    [2, 0.2, 1.8, 2], // beside a server that passes text on
    [2, 0.67, 1.33, 1], // two threads share with one busy process
    [2, 1, 1, 1],
    [2, 1.33, 0.67, 1], // one thread shares with two busy processes
    [4, 0.8, 3.2, 3],
    [4, 4, 0, 1],
    [8, 1, 4, 4], // no more than wanted
  ])('on %f cores of which others use %f and this process %f is %f', (cores, others, own, threads) => {
    expect(fittingThreads(Math.min(cores, 4), ...samples(cores, others, own))).toBe(threads);
  });

  it('stays where no time has passed', () => {
    const [since] = samples(2, 0, 0);
    expect(fittingThreads(2, since, since)).toBe(2);
  });
});
