import { parseArgs } from 'node:util';
import { isRuntime, nameProblem, runtimeNames, taskProblem, type Choices } from './choices.js';

export const usage = `Usage: npm create llmi-handler [FOLDER] [-- OPTIONS]

Makes a handler package for llmi in FOLDER. What is not said is asked for in a terminal, and assumed elsewhere.

  --runtime NAME   ${runtimeNames.join(', ')}; assumed: javascript
  --task TASK      pipeline tag of the hub, such as text-generation
  --name NAME      of the handler; assumed: as the folder is called
  --no-install     do not install its dependencies
  --yes, -y        ask nothing
  --help, -h
  --version, -v
`;

/** What the command line says. */
export type Flags = Partial<Choices> & { yes: boolean; help: boolean; version: boolean };

/** @throws {UsageError} */
export function parseFlags(args: string[]): Flags {
  const { values, positionals } = read(args);
  if (positionals.length > 1) throw new UsageError(`One folder, not ${positionals.length}: ${positionals.join(' ')}`);
  const { runtime, task, name, install, yes = false, help = false, version = false } = values;
  if (runtime !== undefined && !isRuntime(runtime)) throw new UsageError(`There is no runtime "${runtime}". Use one of: ${runtimeNames.join(', ')}.`);
  const problem = (task !== undefined && taskProblem(task)) || (name !== undefined && nameProblem(name));
  if (problem) throw new UsageError(problem);
  return { ...(positionals[0] === undefined ? {} : { directory: positionals[0] }), runtime, task, name, install, yes, help, version };
}

export class UsageError extends Error {}

function read(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      allowNegative: true,
      options: {
        runtime: { type: 'string' },
        task: { type: 'string' },
        name: { type: 'string' },
        install: { type: 'boolean' },
        yes: { type: 'boolean', short: 'y' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
