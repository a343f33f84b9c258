import { createInterface } from 'node:readline';
import { LlmiError } from '@llmi/core';
import type { Session } from './session.js';

/**
 * Asks a person a question; everything but yes means no.
 * @throws {LlmiError} CANCELLED on Ctrl-C
 */
export function confirm(session: Session, question: string): Promise<boolean> {
  const lines = createInterface({ input: session.stdin, output: session.stderr });
  return new Promise((resolve, reject) => {
    lines.on('SIGINT', () => {
      session.note();
      reject(new LlmiError('CANCELLED', { message: 'Interrupted.' }));
      lines.close();
    });
    lines.on('close', () => resolve(false)); // Ctrl-D
    lines.question(`${question} [y/N] `, (answer) => {
      resolve(/^y(es)?$/i.test(answer.trim()));
      lines.close();
    });
  });
}
