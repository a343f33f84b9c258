import { PassThrough } from 'node:stream';
import type { Terminal } from '../../src/terminal.js';

export interface FakeTerminal extends Terminal {
  stdin: PassThrough & { isTTY?: boolean };
  stdout: PassThrough & { isTTY?: boolean };
  stderr: PassThrough & { isTTY?: boolean };
  out(): string;
  err(): string;
  /** Presses Ctrl-C. */
  interrupt(): void;
  /** Sends SIGHUP. */
  hangUp(): void;
  exits: number[];
}

interface FakeTerminalOptions {
  env?: Record<string, string>;
  cwd: string;
  homeDirectory: string;
  /** What is piped in; undefined is a person at a terminal. */
  piped?: string;
  /** All three streams are a terminal. */
  isTerminal?: boolean;
  platform?: NodeJS.Platform;
}

function recorded(): { stream: PassThrough; text(): string } {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}

/** A terminal in memory: what a command reads, writes and waits for. */
export function fakeTerminal({ env = {}, cwd, homeDirectory, piped, isTerminal = false, platform = 'linux' }: FakeTerminalOptions): FakeTerminal {
  const stdin = new PassThrough();
  const [out, err] = [recorded(), recorded()];
  if (isTerminal) for (const stream of [stdin, out.stream, err.stream]) Object.assign(stream, { isTTY: true });
  else stdin.end(piped ?? '');
  const listeners = new Set<() => void>();
  const reloads = new Set<() => void>();
  const exits: number[] = [];
  return {
    env,
    cwd,
    homeDirectory,
    platform,
    stdin,
    stdout: out.stream,
    stderr: err.stream,
    out: out.text,
    err: err.text,
    exits,
    exit: (code) => void exits.push(code),
    interrupt: () => listeners.forEach((listener) => listener()),
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    hangUp: () => reloads.forEach((listener) => listener()),
    onReload(listener) {
      reloads.add(listener);
      return () => reloads.delete(listener);
    },
  };
}
