import { multiplyKernel, operationsPerRound } from './multiply-kernel.js';

/** What one core does, while as many others as asked for do the same. */
export interface CoreSpeed {
  readBytesPerSecond: number;
  /** Single-precision multiplications and additions in WebAssembly. */
  wasmOperationsPerSecond: number;
}

const measureMs = 60;
const roundsPerCall = 200_000; // about a millisecond

/**
 * Reads memory and computes, a moment each. Reading is a comparison of two halves of a buffer, which the C library does as fast as
 * memory gives; the best pass counts, since others may be working too.
 */
export function measureCore(bufferBytes: number): CoreSpeed {
  return { readBytesPerSecond: measureReading(bufferBytes), wasmOperationsPerSecond: measureComputing() };
}

function measureReading(bufferBytes: number): number {
  const half = bufferBytes >> 1;
  const buffer = Buffer.alloc(2 * half, 1); // written, so that every page is there
  const [left, right] = [buffer.subarray(0, half), buffer.subarray(half)];
  return best(() => {
    left.equals(right);
    return 2 * half;
  });
}

function measureComputing(): number {
  const run = multiplyKernel();
  if (!run) return 0;
  run(roundsPerCall); // compiled by now
  return best(() => {
    run(roundsPerCall);
    return roundsPerCall * operationsPerRound;
  });
}

/** Units per second of the best of the passes that fit into the time, at least two. */
function best(pass: () => number): number {
  let most = 0;
  const end = performance.now() + measureMs;
  for (let passes = 0; passes < 2 || performance.now() < end; passes++) {
    const start = performance.now();
    const units = pass();
    most = Math.max(most, (units * 1000) / Math.max(performance.now() - start, 1e-3));
  }
  return most;
}
