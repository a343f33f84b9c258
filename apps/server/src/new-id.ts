import { randomUUID } from 'node:crypto';

/** `chatcmpl-` with 32 hexadecimal digits: an id that nobody guesses, and that says what it belongs to. */
export function newId(prefix: string): string {
  return prefix + randomUUID().replaceAll('-', '');
}
