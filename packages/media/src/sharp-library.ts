import type sharp from 'sharp';
import { LlmiError } from '@llmi/core';

let library: Promise<typeof sharp> | undefined;

/**
 * sharp, its native library loaded on first use.
 * @throws {LlmiError} DEPENDENCY_MISSING where there is no build of it for this machine
 */
export function importSharp(): Promise<typeof sharp> {
  library ??= importOnce();
  return library;
}

async function importOnce(): Promise<typeof sharp> {
  try {
    const { default: loaded } = await import('sharp');
    loaded.cache(false); // it keeps results of operations that nobody asks for twice
    return loaded;
  } catch (cause) {
    throw new LlmiError('DEPENDENCY_MISSING', {
      message: `The image library sharp cannot be loaded on ${process.platform}-${process.arch}.`,
      hint: 'Install sharp anew, with optional dependencies: its builds come as packages such as @img/sharp-linux-x64.',
      cause,
    });
  }
}
