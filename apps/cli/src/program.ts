import { Argument, Command, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import type { CommonOptions, Session } from './session.js';
import { kvCacheTypes } from './settings/kv-cache-types.js';

/** A command's module: imported when the command is called, so that starting stays quick. */
interface CommandModule {
  run(session: Session, options: never, ...operands: never[]): Promise<number | void> | number | void;
}

type Define = (parent: Command, usage: string, description: string, load: () => Promise<CommandModule>) => Command;

/** Commands whose options come from the request schema; reading it takes longer than everything else here. */
const needRequestFlags = ['run', 'help', 'completion'];
/** Types that a conversion writes: those of @llmi/convert, which is loaded only to convert. */
const weightTypes = ['F32', 'F16', 'BF16', 'Q8_0', 'Q4_0', 'Q4_K_S', 'Q4_K_M', 'Q5_K_S', 'Q5_K_M', 'Q6_K', 'auto'];
const commonGroup = 'Common options:';

const startHere = `
Start here:
  llmi check Qwen/Qwen3-0.6B-GGUF     will it run on this machine?
  llmi install Qwen/Qwen3-0.6B-GGUF   fetch it
  llmi run Qwen/Qwen3-0.6B-GGUF       chat with it
  llmi serve                          all models behind one HTTP API`;

const whereScriptsGo = `
bash: eval "$(llmi completion bash)" in ~/.bashrc
zsh:  eval "$(llmi completion zsh)" in ~/.zshrc, after compinit
fish: llmi completion fish > ~/.config/fish/completions/llmi.fish`;

/** Every command with its options: the source of the help, of completion, and of what is accepted. */
export async function createProgram(session: Session, words: string[] = []): Promise<Command> {
  const program = new Command('llmi')
    .description(packageJson.description)
    .version(packageJson.version, '-V, --version')
    .addHelpOption(new Option('-h, --help', 'show what a command does and takes').helpGroup(commonGroup))
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => session.stdout.write(text),
      writeErr: () => {}, // errors are told by render/error.ts
      getOutHelpWidth: () => session.stdout.columns ?? 100,
    })
    .addHelpText('after', startHere);
  const define: Define = (parent, usage, description, load) =>
    parent
      .command(usage)
      .description(description)
      .exitOverride((error) => {
        throw Object.assign(error, { command: `${parent === program ? 'llmi' : `llmi ${parent.name()}`} ${usage.split(' ')[0]}` }); // whose help explains it
      })
      .action(async (...parameters: unknown[]) => {
        const command = parameters.pop() as Command;
        parameters.pop(); // the options without those of the parent command
        session.options = command.optsWithGlobals<CommonOptions>();
        const { run } = (await load()) as { run(session: Session, options: CommonOptions, ...operands: unknown[]): Promise<number | void> };
        session.exitCode = (await run(session, session.options, ...parameters)) ?? 0;
      });
  const run = defineModelCommands(define, program);
  defineInstalledCommands(define, program);
  defineOtherCommands(define, program, session);
  for (const command of program.commands) addCommonOptions(command);
  if (needRequestFlags.includes(words.find((word) => !word.startsWith('-')) ?? '')) (await import('./run/request-flags.js')).addRequestFlags(run);
  return program;
}

/** Of a conversion. */
const keepSource = () => new Option('--keep-source', 'leave the weights that were fetched to be converted in the cache');

/** Defines what is about models; gives back `run`, which gets the fields of a request too. */
function defineModelCommands(define: Define, program: Command): Command {
  const file = () => new Option('--file <glob>', 'choose the weights by file name');
  const base = () => new Option('--base <model>', 'the model that an adapter goes onto, where not the one that it names');
  const offline = () => new Option('--offline', 'ask no hub, use what is in the cache');
  const threads = () => new Option('--threads <number>', 'compute threads of a model');
  const contextSize = () => new Option('--context-size <tokens>', 'context length of text models');
  const kvCacheType = () => new Option('--kv-cache-type <type>', 'how GGUF text models keep keys and values; q8_0 takes half the memory of f16').choices(kvCacheTypes);
  const promptLookup = () => new Option('--prompt-lookup', 'let GGUF text models guess ahead from what prompt and answer said before');
  const each = (given: string, before: string[] = []) => [...before, given];
  define(program, 'check <model>', 'say what a model is and whether it runs here, before any weights are fetched', () => import('./commands/check.js'))
    .option('--explain', 'show how every handler was ranked')
    .addOption(file())
    .addOption(base())
    .addOption(offline());
  define(program, 'install [model]', 'fetch a model: org/name[:QUANT][@revision] of the hub, a folder, or a .gguf file; without one, those that the project declares', () => import('./commands/install.js'))
    .addOption(file())
    .addOption(base())
    .addOption(offline())
    .option('-y, --yes', 'ask nothing, and take the best way to a model that has safetensors only')
    .option('--convert', 'convert a model that has safetensors only here, rather than take what others made of it')
    .addOption(keepSource())
    .option('--frozen', 'refuse to differ from llmi.lock of the project')
    .option('--renew', 'take the newest commits of the models of the project, and write them to llmi.lock')
    .option('--force', 'install although it does not fit this machine');
  const run = define(program, 'run [model] [prompt...]', 'ask a model once, or chat with it in the terminal', () => import('./commands/run.js'))
    .option('--out <file>', 'write the answer to a file')
    .option('--from <picture>', 'make a picture again: with the prompt, seed and settings that the PNG tells; other flags change them')
    .addOption(threads())
    .addOption(contextSize())
    .option('--draft <smaller>', 'a smaller GGUF model with the same vocabulary that guesses ahead')
    .addOption(kvCacheType())
    .addOption(promptLookup());
  define(program, 'serve [model...]', 'serve every installed model, or those named, behind one HTTP API', () => import('./commands/serve.js'))
    .option('-p, --port <number>', 'port to listen at (default: 8000)')
    .option('--host <address>', 'address to listen at (default: 127.0.0.1)')
    .option('--api-key <key>', 'key that every request must carry')
    .option('--allowed-hosts <names>', 'host names that clients may use besides the address, with commas')
    .option('--cors-origins <origins>', 'web pages that may call it from a browser, with commas')
    .option('--parallel <number>', 'requests that one model works on at the same time')
    .option('--max-queue <number>', 'requests that may wait for one model')
    .option('--remote <name=url>', 'serve the models of another engine too (vLLM, llama-server, llmi ...); several of one name share its requests', each)
    .option('--replicas <model=number>', 'processes that this model runs in at the same time; once for each model', each)
    .option('--draft <model=smaller>', 'a smaller GGUF model with the same vocabulary that guesses ahead for this one; once for each model', each)
    .option('--keep-alive <time>', 'unload a model that was idle for this long, such as 10m; 0 keeps it')
    .addOption(threads())
    .addOption(contextSize())
    .addOption(kvCacheType())
    .addOption(promptLookup());
  return run;
}

/** Defines what is about models that are installed, or become so by a conversion. */
function defineInstalledCommands(define: Define, program: Command): void {
  const offline = new Option('--offline', 'ask no hub, use what is in the cache');
  define(program, 'list', 'list installed models', () => import('./commands/list.js')).alias('ls');
  define(program, 'show <model>', 'show everything about an installed model', () => import('./commands/show.js'));
  define(program, 'remove <model...>', 'remove installed models and what only they use of the cache', () => import('./commands/remove.js'))
    .alias('rm')
    .option('-y, --yes', 'ask nothing')
    .option('--dry-run', 'only say what would be removed, and what that frees')
    .option('--keep-files', 'leave the files in the cache');
  define(program, 'update [model...]', 'bring models, all unless named, to the newest commit; only what changed is fetched', () => import('./commands/update.js'))
    .option('--check', 'only say what would change');
  define(program, 'fix [model...]', 'compare the files of models, all unless named, with their hashes, and fetch again what is broken', () => import('./commands/fix.js'))
    .option('--check', 'only say what is broken');
  define(program, 'convert <model>', 'make a GGUF file of a safetensors model of the hub or a folder, and install it', () => import('./commands/convert.js'))
    .addOption(new Option('--type <type>', 'what the weights become (default: Q8_0 for a small model, Q4_K_M for a large one)').choices(weightTypes))
    .option('--out <file>', 'write the file there, and install nothing')
    .addOption(keepSource())
    .addOption(offline);
}

function defineOtherCommands(define: Define, program: Command, session: Session): void {
  const url = () => new Option('--url <address>', 'where the server is (default: http://127.0.0.1:8000, or LLMI_URL)');
  const key = () => new Option('--api-key <key>', 'its API key (default: LLMI_API_KEY)');
  define(program, 'ps', 'list the models that a running server has in memory', () => import('./commands/ps.js'))
    .option('-w, --watch', 'go on, every second')
    .addOption(url())
    .addOption(key());
  define(program, 'stop <model>', 'take a model out of the memory of a running server', () => import('./commands/stop.js'))
    .addOption(url())
    .addOption(key());
  define(program, 'bench <model>', 'measure how fast a model is here', () => import('./commands/bench.js'))
    .option('--repetitions <number>', 'how often (default: 3); medians are shown');
  define(program, 'deploy <model>', 'write what it takes to serve a model elsewhere', () => import('./commands/deploy.js'))
    .addOption(new Option('--to <target>', 'what to write for').choices(['docker', 'compose', 'k8s', 'systemd']))
    .option('-p, --port <number>', 'port to listen at (default: 8000)')
    .option('--gpu', 'with an NVIDIA GPU')
    .option('--out <folder>', 'folder to write (default: deploy-MODEL)');
  define(program, 'train-config <model>', 'write a recipe to fine-tune a text model on examples, for TRL or axolotl', () => import('./commands/train-config.js'))
    .option('--data <file>', 'examples, one JSON object on each line: messages, instruction and output, prompt and completion, or text')
    .addOption(new Option('--trainer <name>', 'program that trains (default: trl)').choices(['trl', 'axolotl']))
    .addOption(new Option('--method <name>', 'an adapter, or all weights (default: what suits the size of the model)').choices(['lora', 'full']))
    .option('--base <model>', 'repository or folder with the weights to train from, where not those that the model was made of')
    .option('--out <folder>', 'folder to write (default: train-MODEL)');
  const handlers = define(program, 'handlers', 'list the handlers there are, and manifests that cannot be used', () => import('./commands/handlers.js'));
  const change = (name: 'add' | 'remove' | 'update' | 'why') => async () => ({ run: (await import('./commands/handlers-change.js'))[name] });
  const yes = () => new Option('-y, --yes', 'ask nothing');
  const allowScripts = () => new Option('--allow-scripts', 'run the install scripts of the package and of what it depends on');
  define(handlers, 'add <package>', 'show what a package of handlers declares and who publishes it, and install it', change('add')).addOption(yes()).addOption(allowScripts());
  define(handlers, 'remove <package>', 'remove a package that was added', change('remove'));
  define(handlers, 'update <package>', 'bring a package that was added to its newest version', change('update')).addOption(yes()).addOption(allowScripts());
  define(handlers, 'why <model>', 'say which handler takes a model, and why', change('why'));
  define(program, 'doctor', 'look for problems, with a cure for each', () => import('./commands/doctor.js'));
  define(program, 'slim', 'delete native parts for other machines from this installation', () => import('./commands/slim.js'))
    .option('-y, --yes', 'ask nothing')
    .option('--dry-run', 'only say what would be deleted, and what that frees')
    .option('--gpu', 'keep what GPUs need, though none is found here');
  define(program, 'login', 'keep an access token of the hub, for other Hugging Face tools too', () => import('./commands/login.js'))
    .option('--token <token>', 'the token; safer is to type it when asked, or to pipe it in');
  define(program, 'logout', 'remove the access token of the hub', () => import('./commands/logout.js'));
  const keyPart = (name: 'list' | 'create' | 'revoke') => async () => ({ run: (await import('./commands/keys.js'))[name] });
  const keys = define(program, 'keys', 'list the API keys of the server', keyPart('list'));
  define(keys, 'list', 'list the API keys of the server', keyPart('list'));
  define(keys, 'create', 'make an API key for clients of the server; it is shown once', keyPart('create'))
    .option('--name <name>', 'what to call it (default: key-1, key-2 ...)')
    .option('--scopes <scopes>', 'what it is good for, with commas: generate, manage, metrics (default: all)')
    .option('--models <names>', 'models that it may ask, with commas; org/* for all that begin so (default: all)')
    .option('--expires <time>', 'how long it is good for, such as 90d, or a date (default: for ever)');
  define(keys, 'revoke <name>', 'make a key useless', keyPart('revoke'));
  const part = (name: 'show' | 'get' | 'set' | 'unset') => async () => ({ run: (await import('./commands/config.js'))[name] });
  const config = define(program, 'config', 'show each setting and where it comes from', part('show'));
  define(config, 'get <key>', 'print one setting', part('get'));
  define(config, 'set <key> <value>', 'write a setting to config.json of the llmi home', part('set'));
  define(config, 'unset <key>', 'take a setting out of config.json', part('unset'));
  define(program, 'completion', 'print the completion script of bash, zsh or fish', async () => {
    const { run } = await import('./commands/completion.js');
    return { run: (_session: Session, _options: CommonOptions, shell: 'bash' | 'zsh' | 'fish') => run(session, program, shell) };
  })
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', whereScriptsGo);
  program.command('__models', { hidden: true }).action(async () => (await import('./commands/list.js')).printNames(session)); // for completion
  define(program, 'help [command...]', 'show the help of a command', async () => {
    const { run } = await import('./commands/help.js');
    return { run: (_session: Session, _options: CommonOptions, path: string[]) => run(program, path) };
  });
}

/** The options that every command has, and those below it. */
function addCommonOptions(command: Command): void {
  command
    .addOption(new Option('--json', 'print JSON for programs').helpGroup(commonGroup))
    .addOption(new Option('--verbose', 'tell more: causes of errors, speed, what is going on').helpGroup(commonGroup))
    .addOption(new Option('--home <folder>', 'the llmi home (default: LLMI_HOME, or ~/.llmi)').helpGroup(commonGroup));
  for (const below of command.commands) addCommonOptions(below);
}
