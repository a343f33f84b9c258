import { LlmiError } from '@llmi/core';
import type { Gateway } from './gateway.js';

/** @throws {LlmiError} FORBIDDEN where clients may ask models and nothing else */
export function checkMayManage({ mayManage }: Gateway): void {
  if (mayManage) return;
  throw new LlmiError('FORBIDDEN', {
    message: 'Models are not installed or removed through this server.',
    hint: 'Do it on its machine with "llmi install" and "llmi remove", or start the server with that allowed.',
  });
}

/** `org/name`, with a quantization and a revision where they are wanted: of the hub, and of nowhere else. */
const hubReference = /^[A-Za-z0-9][\w.-]*\/[\w.-]*[A-Za-z0-9][\w.-]*(:[\w.-]+)?(@[\w./-]+)?$/;

/**
 * A model to install, as a client names it: a path or an address would make the server read its own disk or network.
 * @throws {LlmiError} MODEL_REFERENCE_INVALID
 */
export function checkReference(text: string): string {
  if (hubReference.test(text) && !text.includes('..') && !/\.(gguf|onnx|safetensors)$/i.test(text)) {
    return text.includes('@') ? text : `${text}@main`; // a name alone could also be a folder where the server was started
  }
  throw new LlmiError('MODEL_REFERENCE_INVALID', {
    message: 'That is no name of a model on the hub.',
    hint: 'Write org/name, such as Qwen/Qwen3-0.6B-GGUF:Q8_0.',
    param: 'model',
  });
}
