import type * as Llama from '@llmi/runtime-llama-cpp';
import { LlmiError } from '@llmi/core';

let llama: Promise<typeof Llama> | undefined;

/**
 * The package that runs GGUF files: whoever uses ONNX files alone does not install it.
 * @throws {LlmiError} DEPENDENCY_MISSING
 */
export function importLlama(): Promise<typeof Llama> {
  llama ??= import('@llmi/runtime-llama-cpp').catch((cause: unknown) => {
    llama = undefined;
    throw new LlmiError('DEPENDENCY_MISSING', { message: 'Models in GGUF format need the package @llmi/runtime-llama-cpp.', hint: 'Install it: npm install @llmi/runtime-llama-cpp', cause });
  });
  return llama;
}
