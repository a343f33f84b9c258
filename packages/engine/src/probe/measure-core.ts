import { compileKernels, operationsPerRound, readStepBytes } from './kernels.js';

/** What one core does, while as many others as asked for do the same. */
export interface CoreSpeed {
  /** Read from memory, from one end to the other. */
  bytesPerSecond: number;
  /** Single-precision multiplications and additions in WebAssembly. */
  operationsPerSecond: number;
}

const measureMs = 60;
const roundsPerCall = 200_000; // about a millisecond

/**
 * Reads memory and computes, a moment each. The best pass counts, since others may be working too. All zeros where WebAssembly has no
 * vectors.
 */
export function measureCore(bufferBytes: number): CoreSpeed {
  const kernels = compileKernels(bufferBytes);
  if (!kernels) return { bytesPerSecond: 0, operationsPerSecond: 0 };
  const bytes = bufferBytes - (bufferBytes % readStepBytes);
  kernels.multiply(roundsPerCall); // once for the compiler
  return {
    bytesPerSecond: best(() => (kernels.read(bytes), bytes)),
    operationsPerSecond: best(() => (kernels.multiply(roundsPerCall), roundsPerCall * operationsPerRound)),
  };
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
