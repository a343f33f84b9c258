import type { LogEntry } from '@llmi/engine';
import type { Session } from '../session.js';
import { logLevels, type LogLevel } from '../settings/keys.js';

/** Writes log entries of `level` and above to stderr, one line each. */
export function logWriter(session: Session, level: LogLevel): (entry: LogEntry) => void {
  const lowest = logLevels.indexOf(level);
  return ({ level: entryLevel, message, model, ...fields }) => {
    if (logLevels.indexOf(entryLevel) < lowest) return;
    const subject = model === undefined ? '' : `${model}: `;
    const details = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ` ${name}=${typeof value === 'string' && !/[\s"]/.test(value) ? value : JSON.stringify(value)}`);
    session.note(session.colours(session.stderr).dim(`${entryLevel} ${subject}${message}${details.join('')}`));
  };
}
