import { quote, type Candidates, type CommandWords } from './describe-program.js';

/** The completion script of bash: a function that looks at the words before the cursor. */
export function bashScript(program: CommandWords): string {
  return `# llmi completion for bash: eval "$(llmi completion bash)"
_llmi() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} line=\${COMP_LINE:0:COMP_POINT}
  local -a words=() rest=()
  read -r -a words <<< "$line"
  # bash splits at ":", which names of models may hold; the line itself tells the word.
  if [[ $line == *[[:space:]] ]]; then current=''; previous=\${words[-1]}; else current=\${words[-1]}; previous=\${words[-2]}; unset 'words[-1]'; fi
  local word path='' candidates='' with_models='' with_files=''
  for word in "\${words[@]:1}"; do [[ $word == -* ]] || rest+=("$word"); done
  path="\${rest[0]}"
  [[ '${parents(program)}' == *" $path "* && -n \${rest[1]} ]] && path+=" \${rest[1]}"
  case $path in
${casesOf(program)}
  esac
  COMPREPLY=()
  [[ -n $candidates ]] && COMPREPLY+=($(compgen -W "$candidates" -- "$current"))
  [[ -n $with_models ]] && COMPREPLY+=($(compgen -W "$(llmi __models 2>/dev/null)" -- "$current"))
  [[ -n $with_files ]] && COMPREPLY+=($(compgen -f -- "$current"))
  local cut=\${current%"\${current##*:}"} index
  for index in "\${!COMPREPLY[@]}"; do COMPREPLY[index]=\${COMPREPLY[index]#"$cut"}; done
}
complete -o filenames -F _llmi llmi
`;
}

/** Commands with others below them, a space around each. */
const parents = (program: CommandWords) => ` ${program.commands.filter(({ commands }) => commands.length > 0).flatMap(({ names }) => names).join(' ')} `;

function casesOf(program: CommandWords): string {
  const inner = program.commands.flatMap((command) => [
    caseOf(command.names, command),
    ...command.commands.map((below) => caseOf(below.names.map((name) => `${command.names[0]} ${name}`), below)),
  ]);
  return [...inner, caseOf(undefined, program)].join('\n');
}

/** One branch: the values of the option before the cursor, or what the command takes. */
function caseOf(names: string[] | undefined, command: CommandWords): string {
  const pattern = names === undefined ? '*' : names.map(quote).join('|');
  const valued = command.options.filter(({ value }) => value !== undefined);
  const values = valued.map(({ names: flags, value }) => `        ${flags.join('|')}) ${assign([value!])} ;;`);
  const words = [...command.commands.map((below) => below.names[0]!), ...command.options.flatMap((option) => option.names)];
  return [
    `    ${pattern})`,
    '      case $previous in',
    ...values,
    `        *) ${assign([{ type: 'words', words }, ...command.operands])} ;;`,
    '      esac ;;',
  ].join('\n');
}

function assign(candidates: Candidates[]): string {
  const words = candidates.flatMap((candidate) => (candidate.type === 'words' ? candidate.words : []));
  const has = (type: Candidates['type']) => candidates.some((candidate) => candidate.type === type);
  const parts = [`candidates=${quote(words.join(' '))}`, ...(has('models') ? ['with_models=1'] : []), ...(has('files') ? ['with_files=1'] : [])];
  return parts.join('; ');
}
