import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Attacks that servers of models have seen. Each is a test here, or names the one of the package that defends against it. */
export const attacks: Record<number, string> = {
  1: 'a path or a false digest in the place of a model',
  2: 'a file that is written before its hash is checked',
  3: 'a deletion of what is no model',
  4: 'an archive whose members leave its folder',
  5: 'external data of an ONNX file that leads out of its folder',
  6: 'a header that says more than the file has',
  7: 'a bomb: compressed, nested or endless',
  8: 'a token sent to a foreign host',
  9: 'an address that makes the server ask its own network',
  10: 'a name that was bound to this address: DNS rebinding',
  11: 'a foreign page that posts',
  12: 'a public address without a key',
  13: 'guessing keys',
  14: 'a template that is a program',
  15: 'arguments for the template from a request',
  16: 'control tokens in the text of a user',
  17: 'numbers that are none, or have no end',
  18: 'a broken picture, and what the error tells',
  19: 'a name that a shell would run',
  20: 'pickles and code of the model',
  21: 'code that runs when a plug-in is installed',
  22: 'a model that carries data out',
  23: 'prompts, keys and paths in the log',
  24: 'slow, endless and idle connections',
  25: 'a polluted prototype, and expressions that take for ever',
  26: 'two that write one file',
  27: 'an updater that nobody checks',
};

/** The title of an attack, as the name of its tests. */
export const attack = (number: number) => `${number}: ${attacks[number]}`;

const root = new URL('../../../../', import.meta.url);

/** The attack is kept off in another package, whose test has this name: gone or renamed, it is missed here. */
export function keptOffBy(file: string, test: string): void {
  it(`${file}: ${test}`, () => {
    expect(readFileSync(new URL(file, root), 'utf8')).toContain(test);
  });
}

/** The text of a file of the repository. */
export const fileText = (path: string) => readFileSync(new URL(path, root), 'utf8');
export { root };
