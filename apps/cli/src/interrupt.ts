import { LlmiError } from '@llmi/core';
import type { Terminal } from './terminal.js';

/** Exit code of a program that Ctrl-C ended: 128 and the number of SIGINT. */
const interruptedExitCode = 130;

/** Started by npm, a program hears of one Ctrl-C twice: from the terminal, and at once again from npm. */
const echoMs = 300;

/** Calls `stop` at the first Ctrl-C; the next one ends the process at once. Gives back a function that stops listening. */
export function onInterrupt(terminal: Terminal, stop: () => void): () => void {
  let firstAt: number | undefined;
  return terminal.onInterrupt(() => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      stop();
    } else if (performance.now() - firstAt > echoMs) {
      terminal.exit(interruptedExitCode);
    }
  });
}

/** Does some work that the first Ctrl-C stops in order, and the second at once. `hint` says how to go on. */
export async function withInterrupt<Result>(terminal: Terminal, work: (signal: AbortSignal) => Promise<Result>, hint?: string): Promise<Result> {
  const controller = new AbortController();
  const release = onInterrupt(terminal, () => controller.abort(new LlmiError('CANCELLED', { message: 'Interrupted.', hint })));
  try {
    return await work(controller.signal);
  } catch (error) {
    // Whatever was going on may fail in its own way when it is stopped.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    release();
  }
}
