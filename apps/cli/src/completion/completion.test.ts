import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { fakeTerminal } from '../../test/support/fake-terminal.js';
import { createProgram } from '../program.js';
import { Session, type Services } from '../session.js';
import { bashScript } from './bash.js';
import { describeCommand, type CommandWords } from './describe-program.js';
import { fishScript } from './fish.js';
import { zshScript } from './zsh.js';

const has = (shell: string) => spawnSync(shell, ['--version']).error === undefined;

let program: CommandWords;
beforeAll(async () => {
  const terminal = fakeTerminal({ cwd: tmpdir(), homeDirectory: tmpdir() });
  program = describeCommand(await createProgram(new Session(terminal, {} as Services), ['completion']));
});

/** A folder with a script and an `llmi` that knows two installed models. */
function prepare(script: string): { folder: string; env: NodeJS.ProcessEnv } {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-completion-'));
  writeFileSync(join(folder, 'script'), script);
  writeFileSync(join(folder, 'llmi'), '#!/bin/sh\necho org/small:Q8_0\necho other/large\n');
  chmodSync(join(folder, 'llmi'), 0o755);
  return { folder, env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` } };
}

/** What bash would offer for a line, the cursor at its end. */
function bashOffers(line: string): string[] {
  const { folder, env } = prepare(bashScript(program));
  // bash itself would split at ":" too; the function has to do without its splitting.
  const words = line.split(/(?<=[\s:])|(?=[\s:])/).filter((word) => word.trim() !== '');
  const last = /\s$/.test(line) ? [...words, ''] : words;
  const quoted = last.map((word) => `'${word}'`).join(' ');
  const program_ = `source ./script\nCOMP_WORDS=(${quoted})\nCOMP_CWORD=${last.length - 1}\nCOMP_LINE='${line}'\nCOMP_POINT=${line.length}\n_llmi\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', program_], { cwd: folder, env, encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '').sort();
}

describe('the description of the program', () => {
  it('has every command, and every field of a request among the options of run', () => {
    expect(program.commands.map(({ names }) => names[0])).toEqual(['check', 'install', 'run', 'serve', 'list', 'show', 'remove', 'update', 'fix', 'convert', 'ps', 'stop', 'bench', 'deploy', 'train-config', 'handlers', 'doctor', 'slim', 'login', 'logout', 'keys', 'config', 'completion', 'help']);
    const options = program.commands.find(({ names }) => names[0] === 'run')!.options.flatMap(({ names }) => names);
    for (const name of ['--max-tokens', '--text', '--timestamps', '--out', '--json']) expect(options).toContain(name);
  });
});

describe.skipIf(!has('bash'))('bash', () => {
  it('finds no fault with the script', () => {
    const { folder } = prepare(bashScript(program));
    expect(spawnSync('bash', ['-n', 'script'], { cwd: folder, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    ['llmi in', ['install']],
    ['llmi config ', expect.arrayContaining(['get', 'set', 'unset', '--json'])],
    ['llmi config get po', ['port']],
    ['llmi completion ', expect.arrayContaining(['bash', 'fish', 'zsh'])],
    ['llmi run --timest', ['--timestamps']],
    ['llmi run x --timestamps ', ['none', 'segment', 'word']],
    ['llmi run oth', ['other/large']],
    ['llmi rm org', ['org/small:Q8_0']],
    ['llmi run org/small:Q', ['Q8_0']], // bash replaces only what follows ":"
  ])('completes "%s"', (line, offered) => {
    expect(bashOffers(line)).toEqual(offered);
  });
});

describe.skipIf(!has('zsh'))('zsh', () => {
  it('finds no fault with the script', () => {
    const { folder } = prepare(zshScript(program));
    expect(spawnSync('zsh', ['-n', 'script'], { cwd: folder, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    const loaded = spawnSync('zsh', ['-fc', 'autoload -U compinit; compinit -D; source ./script; echo $_comps[llmi]'], { cwd: folder, encoding: 'utf8' });
    expect(loaded).toMatchObject({ stdout: '_llmi\n', stderr: '' });
  });
});

describe.skipIf(!has('fish'))('fish', () => {
  const offers = (line: string) => {
    const { folder, env } = prepare(fishScript(program));
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', `source script; complete -C '${line}'`], { cwd: folder, env, encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout.split('\n').map((offered) => offered.split('\t')[0]!).filter((word) => word !== '');
  };

  it.each([
    ['llmi in', ['install']],
    ['llmi run oth', ['other/large']],
    ['llmi run --timestamps ', ['none', 'segment', 'word']],
    ['llmi config un', ['unset']],
  ])('completes "%s"', (line, offered) => {
    expect(offers(line)).toEqual(offered);
  });
});
