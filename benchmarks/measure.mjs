/** The middle value, or the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs every arm in turn, A B A B ..., so that a machine that slows down slows all of them.
 * @returns per arm what it gave in each repetition, the first warm-up rounds left out
 */
export async function alternate(arms, { repetitions = 5, warmups = 1 } = {}) {
  const results = Object.fromEntries(Object.keys(arms).map((name) => [name, []]));
  for (let round = -warmups; round < repetitions; round++) {
    for (const [name, run] of Object.entries(arms)) {
      const value = await run(Math.max(round, 0));
      if (round >= 0) results[name].push(value);
    }
  }
  return results;
}

/** Largest over smallest minus one: how noisy the machine was. */
export function spread(values) {
  return Math.max(...values) / Math.min(...values) - 1;
}

export async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
