import type { Surroundings } from './settings/home.js';

export type Input = NodeJS.ReadableStream & { isTTY?: boolean };
export type Output = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

/** Everything a command touches outside itself. Tests make their own. */
export interface Terminal extends Surroundings {
  stdin: Input;
  stdout: Output;
  stderr: Output;
  platform: NodeJS.Platform;
  /** Calls back on Ctrl-C and on a request to end; gives back a function that stops it. */
  onInterrupt(listener: () => void): () => void;
  /** Calls back on a request to read the settings again (SIGHUP to a server without a terminal); gives back a function that stops it. */
  onReload(listener: () => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

const interrupts = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const; // Windows knows the first, and the last for a closed window

/** The terminal that this process was started in. The only reader of the process's environment. */
export function processTerminal(homeDirectory: string): Terminal {
  /** A terminal that is closed, or a window of Windows, sends SIGHUP too, and means the end. */
  const canReload = process.platform !== 'win32' && ![process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  let reloads = 0;
  return {
    env: process.env,
    cwd: process.cwd(),
    homeDirectory,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    platform: process.platform,
    onInterrupt(listener) {
      const interrupt = (signal: NodeJS.Signals) => (signal === 'SIGHUP' && reloads > 0 ? undefined : listener());
      for (const signal of interrupts) process.on(signal, interrupt);
      return () => interrupts.forEach((signal) => process.off(signal, interrupt));
    },
    onReload(listener) {
      if (!canReload) return () => {};
      reloads++;
      process.on('SIGHUP', listener);
      return () => {
        reloads--;
        process.off('SIGHUP', listener);
      };
    },
    exit: (code) => process.exit(code),
  };
}
