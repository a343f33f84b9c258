import { mkdir, readdir } from 'node:fs/promises';
import { LlmiError } from '@llmi/core';

/** Makes a folder to write files into. @throws {LlmiError} USAGE for one that has something in it */
export async function makeEmptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length === 0) return;
  throw new LlmiError('USAGE', { message: `The folder ${folder} is not empty.`, hint: 'Name another one with --out.' });
}
