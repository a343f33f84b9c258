import { basename } from 'node:path';
import { isAbort, LlmiError } from '@llmi/core';
import { formatBytes } from '@llmi/core/units';

const corrupt = /corrupt|incomplete|not within the file bounds|magic|invalid gguf|failed to read|unexpected end|out of range|duplicate|invalid (tensor|key|model)|tensor .* (offset|size|not found|has wrong shape)|missing tensor|wrong number of tensors|key not found|offset .* out of|Invalid array|allocation failed|Failed to parse/i;
const outOfMemory = /out of memory|insufficient|not enough (vram|memory|ram)|failed to allocate|unable to allocate|too large for the available|cannot allocate/i;
const unknownArchitecture = /unknown (?:model )?architecture:? *'?([\w-]+)'?/i;
const unknownTokenizer = /unknown (?:pre-)?tokenizer(?: type)?:? *'?([\w-]+)'?/i;

/** What could not be loaded, told by the library's message and by what llama.cpp logged. Paths stay in `cause`. */
export function loadError(cause: unknown, path: string, log: readonly string[], signal?: AbortSignal): unknown {
  if (LlmiError.is(cause) || isAbort(cause, signal)) return cause;
  const name = basename(path);
  const message = cause instanceof Error ? cause.message : String(cause);
  const errorName = cause instanceof Error ? cause.name : '';
  const all = [message, ...log].join('\n');
  const withLog = log.length === 0 ? cause : new Error(log.join('\n'), { cause });
  if (/EACCES|EPERM/.test(message)) {
    return new LlmiError('PERMISSION_DENIED', { message: `The model file ${name} may not be read.`, hint: 'Give your user the right to read it.', cause });
  }
  if (errorName === 'InsufficientMemoryError' || outOfMemory.test(all)) return memoryError(name, undefined, undefined, withLog);
  const architecture = unknownArchitecture.exec(all)?.[1];
  if (architecture !== undefined) {
    return new LlmiError('MODEL_LOAD_FAILED', {
      message: `This version of llama.cpp does not know the architecture "${architecture}" of ${name}.`,
      hint: 'Update node-llama-cpp, or use another model.',
      cause: withLog,
    });
  }
  const tokenizer = unknownTokenizer.exec(all)?.[1];
  if (tokenizer !== undefined) {
    return new LlmiError('MODEL_LOAD_FAILED', {
      message: `This version of llama.cpp does not know the tokenizer "${tokenizer}" of ${name}.`,
      hint: 'Update node-llama-cpp, or use another conversion of the model.',
      cause: withLog,
    });
  }
  if (errorName === 'RangeError' || errorName === 'InvalidGgufMagicError' || corrupt.test(all)) {
    return new LlmiError('MODEL_FILE_CORRUPT', {
      message: `The model file ${name} is damaged or incomplete.`,
      hint: 'Install the model again; if that does not help, its author uploaded a broken file.',
      cause: withLog,
    });
  }
  return new LlmiError('MODEL_LOAD_FAILED', {
    message: `llama.cpp cannot load ${name}.`,
    hint: 'Try another file of the model, or a newer version of node-llama-cpp.',
    cause: withLog,
  });
}

/** The model does not fit. Bytes are told where they are known. */
export function memoryError(name: string, neededBytes: number | undefined, freeBytes: number | undefined, cause?: unknown): LlmiError {
  const figures = neededBytes === undefined || freeBytes === undefined ? '' : `: it needs about ${formatBytes(neededBytes)}, and ${formatBytes(freeBytes)} are free`;
  return new LlmiError('MEMORY_INSUFFICIENT', {
    message: `There is not enough memory for ${name}${figures}.`,
    hint: 'Close other programs, load it with a smaller context size, or use a smaller quantization of the model.',
    cause,
  });
}
