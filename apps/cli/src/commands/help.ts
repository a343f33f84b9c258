import { LlmiError, nearest } from '@llmi/core';
import type { Command } from 'commander';

/**
 * Shows the help of the command that `path` names, word by word.
 * @throws {LlmiError} USAGE with the nearest command there is
 */
export function run(program: Command, path: string[]): void {
  let command = program;
  for (const word of path) {
    const next = command.commands.find((candidate) => candidate.name() === word || candidate.aliases().includes(word));
    if (!next) throw unknownCommand(word, command);
    command = next;
  }
  command.outputHelp();
}

function unknownCommand(word: string, parent: Command): LlmiError {
  const names = parent.createHelp().visibleCommands(parent).map((command) => command.name());
  const near = nearest(word, names);
  return new LlmiError('USAGE', {
    message: `There is no command "${word}".`,
    hint: near ? `Did you mean "${near}"?` : names.length > 0 ? `Commands: ${names.join(', ')}.` : `"${parent.name()}" has no commands of its own.`,
  });
}
