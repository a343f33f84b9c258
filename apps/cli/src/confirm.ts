import { createInterface } from 'node:readline';
import type { Session } from './session.js';

/** Asks a person a question; Ctrl-C, Ctrl-D and everything but yes mean no. */
export function confirm(session: Session, question: string): Promise<boolean> {
  const lines = createInterface({ input: session.stdin, output: session.stderr });
  return new Promise((resolve) => {
    lines.on('close', () => resolve(false));
    lines.question(`${question} [y/N] `, (answer) => {
      resolve(/^y(es)?$/i.test(answer.trim()));
      lines.close();
    });
  });
}
