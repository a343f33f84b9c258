/** What runs the model. Each has a folder of templates. */
export const runtimes = {
  javascript: { label: 'JavaScript of your own', task: 'text-generation' },
  onnx: { label: 'ONNX Runtime, for .onnx files', task: 'image-classification' },
  'llama-cpp': { label: 'llama.cpp, for .gguf files', task: 'text-generation' },
} as const;
export type Runtime = keyof typeof runtimes;
export const runtimeNames = Object.keys(runtimes) as Runtime[];

export const isRuntime = (text: string): text is Runtime => Object.hasOwn(runtimes, text);

/** Everything a package is made from. */
export interface Choices {
  /** Of the handler, as in its manifest: small letters, digits and -. */
  name: string;
  /** Folder to make, from the one one stands in. */
  directory: string;
  /** A pipeline tag of the hub. */
  task: string;
  runtime: Runtime;
  /** Install its dependencies at once. */
  install: boolean;
}

/** What is wrong with a handler's name, or undefined. The same rule as in the manifest. */
export function nameProblem(name: string): string | undefined {
  return /^[a-z][a-z0-9-]{0,49}$/.test(name) ? undefined : 'A name begins with a small letter and has small letters, digits and - only, at most 50.';
}

/** What is wrong with a task, or undefined. */
export function taskProblem(task: string): string | undefined {
  return /^[a-z][a-z0-9-]{0,99}$/.test(task) ? undefined : 'A task is spelled like a pipeline tag of the hub: text-generation, image-classification ...';
}

/** The handler's name from the folder's: without what packages of handlers are called before. */
export function nameFromDirectory(directory: string): string {
  const last = directory.split(/[\\/]/).filter(Boolean).at(-1) ?? '';
  return last.toLowerCase().replace(/^llmi-handler-/, '').replace(/[^a-z0-9-]+/g, '-').replace(/^[^a-z]+|-+$/g, '');
}
