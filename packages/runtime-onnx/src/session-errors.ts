import { basename } from 'node:path';
import { LlmiError } from '@llmi/core';

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

const outOfMemory = /bad_alloc|failed to allocate memory|out of memory/i;

/** What ONNX Runtime could not load, told by its message: it has no codes. */
export function loadError(cause: unknown, path: string, device: string): LlmiError {
  const message = messageOf(cause);
  const name = basename(path);
  if (/protobuf parsing failed|invalid protobuf|does not have a graph/i.test(message)) {
    return new LlmiError('MODEL_FILE_CORRUPT', {
      message: `The model file ${name} is damaged.`,
      hint: 'Install the model again; if that does not help, its author uploaded a broken file.',
      cause,
    });
  }
  if (/file doesn't exist|no such file/i.test(message)) {
    return new LlmiError('MODEL_FILE_MISSING', { message: `A file of the model ${name} is missing.`, hint: 'Install the model again.', cause });
  }
  if (outOfMemory.test(message)) return memoryError(`load ${name}`, cause);
  return new LlmiError('MODEL_LOAD_FAILED', {
    message: `ONNX Runtime cannot load ${name} on ${device}: ${withoutPaths(message)}`,
    hint: device === 'cpu' ? 'Try another file of the model, or export it again with a newer optimum.' : 'Try it with device "cpu".',
    cause,
  });
}

/** Every absolute path in a message by its last part: what goes into a reply says nothing of the machine. */
function withoutPaths(message: string): string {
  return message.replace(/(?:[a-z]:)?[\\/][^\s:"']*[\\/]([^\s:"'\\/]+)/gi, '$1');
}

/** A graph that failed while it ran. */
export function runError(cause: unknown, name: string): LlmiError {
  const message = messageOf(cause);
  if (outOfMemory.test(message)) return memoryError(`run ${name}`, cause);
  return new LlmiError('INTERNAL', {
    message: `The graph ${name} failed: ${withoutPaths(message)}`,
    hint: 'The inputs do not fit the graph, or the graph is at fault: try another file of the model.',
    cause,
  });
}

function memoryError(what: string, cause: unknown): LlmiError {
  return new LlmiError('MEMORY_INSUFFICIENT', {
    message: `There is not enough memory to ${what}.`,
    hint: 'Close other programs, send shorter or fewer inputs, or use a smaller quantization of the model.',
    cause,
  });
}
