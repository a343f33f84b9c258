import { quote, type Candidates, type CommandWords, type OptionWords } from './describe-program.js';

/** The completion script of zsh: `_arguments` for each command. */
export function zshScript(program: CommandWords): string {
  const functions = program.commands.map((command) => functionOf(command, `_llmi_${command.names[0]}`));
  return `#compdef llmi
# llmi completion for zsh: eval "$(llmi completion zsh)", after compinit
_llmi_models() {
  local -a models
  models=(\${(f)"$(llmi __models 2>/dev/null)"})
  compadd -a models
}
${functions.join('\n')}
${dispatcher('_llmi', program)}
if [[ \${funcstack[1]} == _llmi ]]; then _llmi "$@"; else compdef _llmi llmi; fi
`;
}

function functionOf(command: CommandWords, name: string): string {
  if (command.commands.length === 0) return `${name}() {\n  _arguments -s ${specs(command).join(' ')}\n}`;
  const below = command.commands.map((inner) => functionOf(inner, `${name}_${inner.names[0]}`));
  return [...below, dispatcher(name, command)].join('\n');
}

/** A function that offers the commands below, then hands over to the function of the one that was written. */
function dispatcher(name: string, command: CommandWords): string {
  const described = command.commands.map((inner) => quote(`${inner.names[0]}:${inner.description}`));
  const cases = command.commands.map((inner) => `        ${inner.names.join('|')}) ${name}_${inner.names[0]} ;;`);
  return `${name}() {
  local curcontext="$curcontext" state line
  local -a commands
  commands=(${described.join(' ')})
  _arguments -C ${command.options.map(optionSpec).join(' ')} '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $words[1] in
${cases.join('\n')}
      esac ;;
  esac
}`;
}

function specs(command: CommandWords): string[] {
  const operands = command.operands.flatMap((operand, index) => {
    if (operand.type === 'nothing') return [];
    const isRest = command.isVariadic && index === command.operands.length - 1;
    return [quote(`${isRest ? '*' : index + 1}:value:${actionOf(operand)}`)];
  });
  return [...command.options.map(optionSpec), ...operands];
}

/** `'--out[write to a file]:value:_files'`; a repeatable one begins with `*`. */
function optionSpec({ names, description, value, isRepeatable }: OptionWords): string {
  const text = `[${description.replace(/[[\]\\:]/g, (character) => `\\${character}`)}]${value === undefined ? '' : `:value:${actionOf(value)}`}`;
  const star = isRepeatable ? '*' : '';
  return names.map((name) => quote(`${star}${name}${text}`)).join(' ');
}

function actionOf(candidates: Candidates): string {
  switch (candidates.type) {
    case 'words':
      return `(${candidates.words.join(' ')})`;
    case 'models':
      return '_llmi_models';
    case 'files':
      return '_files';
    case 'nothing':
      return ' ';
  }
}
