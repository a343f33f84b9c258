import type { Argument, Command, Option } from 'commander';
import { settingKeys } from '../settings/keys.js';

/** What can stand at a place of the command line. */
export type Candidates =
  | { type: 'words'; words: string[] }
  /** Names of installed models. */
  | { type: 'models' }
  | { type: 'files' }
  | { type: 'nothing' };

export interface OptionWords {
  names: string[]; // --json; -y and --yes
  description: string;
  /** Undefined for a switch. */
  value: Candidates | undefined;
  isRepeatable: boolean;
}

export interface CommandWords {
  names: string[]; // its name and its aliases
  description: string;
  options: OptionWords[];
  operands: Candidates[];
  /** The last operand may be given again and again. */
  isVariadic: boolean;
  commands: CommandWords[];
}

/** Commands whose model need not be installed: a path is as good. */
const takeReferences = ['check', 'install', 'convert'];

function describeArgument(argument: Argument, command: Command): Candidates {
  if (argument.argChoices) return { type: 'words', words: argument.argChoices };
  if (argument.name() === 'model') return { type: takeReferences.includes(command.name()) ? 'files' : 'models' };
  if (argument.name() === 'key') return { type: 'words', words: settingKeys.map(({ key }) => key) };
  return { type: 'nothing' };
}

function describeOption(option: Option): OptionWords {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  const placeholder = /<(\w+)>/.exec(option.flags)?.[1];
  const isPath = placeholder === 'file' || placeholder === 'folder';
  const value: Candidates = option.argChoices ? { type: 'words', words: option.argChoices } : { type: isPath ? 'files' : 'nothing' };
  return { names, description: option.description, value: placeholder ? value : undefined, isRepeatable: option.description.endsWith('(repeatable)') };
}

/** A command and those below it, as completion needs them. */
export function describeCommand(command: Command): CommandWords {
  const help = command.createHelp();
  return {
    names: [command.name(), ...command.aliases()],
    description: command.description(),
    options: help.visibleOptions(command).map(describeOption),
    operands: command.registeredArguments.map((argument) => describeArgument(argument, command)),
    isVariadic: command.registeredArguments.at(-1)?.variadic ?? false,
    commands: help.visibleCommands(command).map(describeCommand),
  };
}

/** Text between single quotes for a POSIX shell. */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
