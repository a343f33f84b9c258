import { cancel, confirm, intro, isCancel, select, text } from '@clack/prompts';
import type { Readable, Writable } from 'node:stream';
import { nameFromDirectory, nameProblem, runtimeNames, runtimes, taskProblem, type Choices } from './choices.js';

/** The terminal that is asked. */
export interface Streams {
  input: Readable;
  output: Writable;
}

const defaultDirectory = 'my-model';

/** Asks for what `known` does not say; undefined when the person gives up. */
export async function ask(known: Partial<Choices>, streams: Streams): Promise<Choices | undefined> {
  intro('A handler for llmi', streams);
  const answers: Partial<Choices> = { ...known };
  const questions: [keyof Choices, () => Promise<unknown>][] = [
    ['directory', () => text({ message: 'In which folder?', placeholder: defaultDirectory, defaultValue: defaultDirectory, ...streams })],
    ['name', () => askName(nameFromDirectory(answers.directory!), streams)],
    ['runtime', () => select({ message: 'What runs the model?', options: runtimeNames.map((value) => ({ value, label: runtimes[value].label })), ...streams })],
    ['task', () => askTask(runtimes[answers.runtime!].task, streams)],
    ['install', () => confirm({ message: 'Install its dependencies now?', ...streams })],
  ];
  for (const [field, question] of questions) {
    if (answers[field] !== undefined) continue;
    const answer = await question();
    if (isCancel(answer)) {
      cancel('Nothing was made.', streams);
      return undefined;
    }
    Object.assign(answers, { [field]: answer });
  }
  return answers as Choices;
}

/** The folder's name where it will do. */
async function askName(suggestion: string, streams: Streams): Promise<unknown> {
  if (nameProblem(suggestion) === undefined) return suggestion;
  return text({ message: 'What is the handler called?', validate: (name) => nameProblem(name ?? ''), ...streams });
}

async function askTask(suggestion: string, streams: Streams): Promise<unknown> {
  return text({
    message: 'What does the model do? A pipeline tag of the hub.',
    placeholder: suggestion,
    defaultValue: suggestion,
    validate: (task) => (task ? taskProblem(task) : undefined),
    ...streams,
  });
}

/** The answers of someone who is asked nothing. @throws {RangeError} for a folder whose name gives none for the handler */
export function assume(known: Partial<Choices>): Choices {
  const directory = known.directory ?? defaultDirectory;
  const runtime = known.runtime ?? 'javascript';
  const name = known.name ?? nameFromDirectory(directory);
  const problem = nameProblem(name);
  if (problem !== undefined) throw new RangeError(`The folder "${directory}" gives no name for the handler: say --name. ${problem}`);
  return { directory, name, runtime, task: known.task ?? runtimes[runtime].task, install: known.install ?? true };
}
