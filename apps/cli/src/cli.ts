import { createProgram } from './program.js';
import { Session, type Services } from './session.js';
import type { Terminal } from './terminal.js';

const engineServices: Services = {
  openEngine: async (session) => (await import('./open-engine.js')).openEngine(session),
  startServer: async (options) => (await import('@llmi/server')).startServer(options),
};

/** Runs one command line (without the program's own name) and gives back its exit code. Never throws. */
export async function runCli(argv: string[], terminal: Terminal, services = engineServices): Promise<number> {
  const words = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  // Known before the line is parsed, since parsing it may be what fails.
  await using session = new Session(terminal, services, { json: words.includes('--json'), verbose: words.includes('--verbose') });
  try {
    const program = await createProgram(session, words);
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: 'user' });
    return session.exitCode;
  } catch (error) {
    if (isHelp(error)) return 0;
    return (await import('./render/error.js')).reportError(error, session);
  }
}

/** commander ends --help and --version by throwing. */
function isHelp(error: unknown): boolean {
  const { code, exitCode } = (error ?? {}) as { code?: unknown; exitCode?: unknown };
  return typeof code === 'string' && code.startsWith('commander.') && exitCode === 0;
}
