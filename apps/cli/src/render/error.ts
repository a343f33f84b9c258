import { isAbort, LlmiError } from '@llmi/core';
import { CommanderError } from 'commander';
import type { Session } from '../session.js';

/** commander's words in our shape: `error: unknown option '--jsn'\n(Did you mean --json?)` */
function usageError({ message, command }: CommanderError & { command?: string }): LlmiError {
  const [first = '', ...rest] = message.split('\n');
  const hint = rest.join(' ').replace(/^\(|\)$/g, '').trim();
  const sentence = first.replace(/^error: /, '').replace(/\.?$/, '.');
  return new LlmiError('USAGE', { message: sentence.charAt(0).toUpperCase() + sentence.slice(1), hint: hint === '' ? `See "${command === undefined ? 'llmi help' : `${command} --help`}".` : hint });
}

/** What went wrong, as one of our errors. A fault of ours is told from what the system refused. */
export function asLlmiError(error: unknown): LlmiError {
  if (error instanceof CommanderError) return usageError(error);
  if (LlmiError.is(error)) return error;
  if (isAbort(error)) return new LlmiError('CANCELLED', { message: 'Stopped.', cause: error });
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  const place = path === undefined ? '' : ` (${path})`;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new LlmiError('DISK_FULL', { message: `No space is left on the disk${place}.`, hint: 'Free some space and run the command again.', cause: error });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new LlmiError('PERMISSION_DENIED', { message: `The system denies access${place}.`, hint: 'Give yourself the right to read and write there, or choose another place (LLMI_HOME, HF_HOME, --out).', cause: error });
  }
  return LlmiError.from(error, 'INTERNAL', 'This is a fault in llmi. Run it again with --verbose and report what it says.');
}

/** Every cause behind an error, with its stack. */
function details(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  return [error.stack ?? error.message, ...(error.cause === undefined ? [] : ['caused by:', ...details(error.cause)])];
}

/** Tells the person, or the program with --json, what went wrong; gives back the exit code. */
export function reportError(cause: unknown, session: Session): number {
  const error = asLlmiError(cause);
  if (session.json) {
    session.document({ error: error.toJSON() });
  } else {
    const colours = session.colours(session.stderr);
    session.note(`${colours.red('error:')} ${error.message}`);
    if (error.hint) session.note(error.hint.split('\n').map((line) => `  ${line}`).join('\n'));
  }
  if (session.verbose) session.note(details(error).join('\n'));
  return error.exitCode;
}
