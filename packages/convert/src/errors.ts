import { LlmiError } from '@llmi/core';

/** The model is sound, but not one that can be converted. */
export function unsupported(message: string, hint = 'Look for a GGUF or ONNX version of the model on the hub.'): LlmiError {
  return new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message, hint });
}

/** A file of the model contradicts itself or another one. */
export function corrupt(message: string, cause?: unknown): LlmiError {
  return new LlmiError('MODEL_FILE_CORRUPT', { message, hint: 'Download it again.', cause });
}

/** A file that the model cannot be converted without. */
export function missing(file: string, what = 'The model'): LlmiError {
  return new LlmiError('MODEL_FILE_MISSING', { message: `${what} has no ${file}.`, hint: 'Install the model again, or add the file to its folder.' });
}

/** An error of writing the target, named for what it means. */
export function writeError(cause: unknown, target: string): unknown {
  switch ((cause as NodeJS.ErrnoException | undefined)?.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new LlmiError('DISK_FULL', { message: `There is no room for ${target}.`, hint: 'Free some space, or write it to another disk.', cause });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new LlmiError('PERMISSION_DENIED', { message: `${target} may not be written.`, hint: 'Choose a folder that you may write to.', cause });
    case 'ENOENT':
    case 'ENOTDIR':
      return new LlmiError('MODEL_NOT_FOUND', { message: `The folder of ${target} does not exist.`, hint: 'Make it first.', cause });
    default:
      return cause;
  }
}
