import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { LlmiError } from '@llmi/core';
import type { Session } from './session.js';

/**
 * One line from a person at a terminal, who does not see what is typed.
 * @throws {LlmiError} CANCELLED on Ctrl-C
 */
export function readSecret(session: Session, question: string): Promise<string> {
  session.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: session.stdin, output: silent, terminal: true });
  return new Promise((resolve, reject) => {
    const end = () => {
      lines.close();
      session.note();
    };
    lines.once('SIGINT', () => {
      reject(new LlmiError('CANCELLED', { message: 'Interrupted.' }));
      end();
    });
    lines.once('close', () => resolve('')); // Ctrl-D; after a line it changes nothing
    lines.once('line', (line) => {
      resolve(line);
      end();
    });
  });
}
