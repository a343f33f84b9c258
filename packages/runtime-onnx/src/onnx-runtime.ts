import type * as Ort from 'onnxruntime-node';
import { LlmiError } from '@llmi/core';

let runtime: Promise<typeof Ort> | undefined;

/**
 * ONNX Runtime, its native library loaded on first use.
 * @throws {LlmiError} DEPENDENCY_MISSING where there is no build of it for this machine
 */
export function importOnnxRuntime(): Promise<typeof Ort> {
  runtime ??= importOnce();
  return runtime;
}

async function importOnce(): Promise<typeof Ort> {
  try {
    const ort = await import('onnxruntime-node');
    // What goes wrong is thrown; the native log would go to the terminal of a program that did not ask for it.
    ort.env.logLevel = 'fatal';
    return ort;
  } catch (cause) {
    throw new LlmiError('DEPENDENCY_MISSING', {
      message: `ONNX Runtime cannot be loaded on ${process.platform}-${process.arch}.`,
      hint: 'Install onnxruntime-node anew. It has builds for Linux with glibc (not Alpine), Windows, and macOS on Apple silicon.',
      cause,
    });
  }
}
