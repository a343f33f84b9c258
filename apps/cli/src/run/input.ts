import type { Input } from '../terminal.js';

/** Everything that comes through a pipe; undefined on a terminal, and when nothing comes. */
export async function readPiped(stdin: Input): Promise<string | undefined> {
  if (stdin.isTTY === true) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString('utf8').replace(/\r?\n$/, ''); // the newline that `echo` and editors end with
  return text.trim() === '' ? undefined : text;
}

/** The words of the command line, then what was piped in. */
export function joinPrompt(words: string[], piped: string | undefined): string | undefined {
  const parts = [words.join(' '), piped].filter((part): part is string => part !== undefined && part !== '');
  return parts.length === 0 ? undefined : parts.join('\n\n');
}
