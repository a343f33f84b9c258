import type { Candidates, CommandWords, OptionWords } from './describe-program.js';

/** Text between single quotes for fish, which escapes with a backslash. */
const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** The completion script of fish: one line for each thing that can be written. */
export function fishScript(program: CommandWords): string {
  const lines = program.commands.flatMap((command) => {
    const condition = `__fish_seen_subcommand_from ${command.names.join(' ')}`;
    const inner = command.commands.map((below) => below.names[0]!);
    const belowOnly = inner.length > 0 ? `; and not __fish_seen_subcommand_from ${inner.join(' ')}` : '';
    return [
      line('__fish_use_subcommand', `-a ${quote(command.names[0]!)}`, command.description),
      ...command.options.map((option) => optionLine(condition, option)),
      ...command.operands.flatMap((operand) => operandLine(condition, operand)),
      ...command.commands.flatMap((below) => [
        line(`${condition}${belowOnly}`, `-a ${quote(below.names[0]!)}`, below.description),
        ...below.operands.flatMap((operand) => operandLine(`${condition}; and __fish_seen_subcommand_from ${below.names.join(' ')}`, operand)),
      ]),
    ];
  });
  const own = program.options.map((option) => optionLine('__fish_use_subcommand', option));
  return ['# llmi completion for fish: llmi completion fish > ~/.config/fish/completions/llmi.fish', 'complete -c llmi -f', ...own, ...lines, ''].join('\n');
}

function line(condition: string, what: string, description?: string): string {
  return `complete -c llmi -n ${quote(condition)} ${what}${description === undefined ? '' : ` -d ${quote(description)}`}`;
}

function optionLine(condition: string, { names, description, value }: OptionWords): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(' ');
  if (value === undefined) return line(condition, flags, description);
  const needs = value.type === 'files' ? '-r' : '-x'; // a value; and no file names beside it
  return line(condition, `${flags} ${needs} ${valueOf(value)}`.trimEnd(), description);
}

function operandLine(condition: string, operand: Candidates): string[] {
  return operand.type === 'nothing' ? [] : [line(condition, valueOf(operand))];
}

function valueOf(candidates: Candidates): string {
  switch (candidates.type) {
    case 'words':
      return `-a ${quote(candidates.words.join(' '))}`;
    case 'models':
      return `-a '(llmi __models 2>/dev/null)'`;
    case 'files':
      return '-F';
    case 'nothing':
      return '';
  }
}
