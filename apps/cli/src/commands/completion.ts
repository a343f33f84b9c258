import type { Command } from 'commander';
import { bashScript } from '../completion/bash.js';
import { describeCommand } from '../completion/describe-program.js';
import { fishScript } from '../completion/fish.js';
import { zshScript } from '../completion/zsh.js';
import type { Session } from '../session.js';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Prints the script of a shell, made from the commands as they are defined. */
export function run(session: Session, program: Command, shell: keyof typeof scripts): void {
  const script = scripts[shell](describeCommand(program));
  if (session.json) session.document({ shell, script });
  else session.stdout.write(script);
}
