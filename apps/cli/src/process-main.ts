import { homedir } from 'node:os';
import { runCli } from './cli.js';
import { processTerminal } from './terminal.js';

/** Runs the command line of this process and leaves its exit code. */
export async function main(argv: string[]): Promise<void> {
  // Whoever reads our output may stop reading (`| head`): nothing is left to say then.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(0);
    });
  }
  process.exitCode = await runCli(argv, processTerminal(homedir()));
}
