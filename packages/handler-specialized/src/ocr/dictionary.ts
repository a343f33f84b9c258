import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LlmiError, type ModelInfo } from '@llmi/core';
import { readOnnxMetadata } from '@llmi/runtime-onnx';
import type { OnnxVariant } from '@llmi/runtime-transformers';

const dictionaryName = /(dict|keys(_v\d+)?|charset|characters?)\.txt$/i;
/** What Python's `splitlines` parts at, control characters that no dictionary has aside. */
const lineEnd = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;

/**
 * What each class of a recognizer stands for: "" for the blank of CTC, which comes first, then the characters of its dictionary, then
 * the space where there is one class more. The dictionary is in inference.yml, in the graph's metadata (RapidOCR) or a text file.
 * @throws {LlmiError} MODEL_FILE_MISSING when there is none, MODEL_FILE_CORRUPT when it is of another model
 */
export async function readDictionary(model: ModelInfo, folder: string, graph: OnnxVariant, settings: Record<string, unknown> | undefined, classes: number | undefined): Promise<string[]> {
  const characters = fromSettings(settings) ?? (await fromMetadata(join(folder, graph.path))) ?? (await fromFile(model, folder, graph));
  if (!characters) {
    throw new LlmiError('MODEL_FILE_MISSING', { message: `There is no dictionary for ${graph.path}.`, hint: 'A recognizer needs the list of its characters: inference.yml, or a file such as dict.txt beside it.' });
  }
  const withSpace = ['', ...characters, ' '];
  if (classes === undefined || classes === withSpace.length) return withSpace;
  if (classes === withSpace.length - 1) return withSpace.slice(0, -1);
  throw new LlmiError('MODEL_FILE_CORRUPT', { message: `The dictionary has ${characters.length} characters, but ${graph.path} tells ${classes} classes apart.`, hint: 'It is the dictionary of another model: take the one that came with this graph.' });
}

function fromSettings(settings: Record<string, unknown> | undefined): string[] | undefined {
  const list = (settings?.PostProcess as { character_dict?: unknown } | undefined)?.character_dict;
  return Array.isArray(list) ? list.map(String) : undefined;
}

async function fromMetadata(path: string): Promise<string[] | undefined> {
  const { character } = await readOnnxMetadata(path);
  if (character === undefined) return undefined;
  const lines = character.split(lineEnd);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** The text file in the folder of the graph, else the only one there is. */
async function fromFile(model: ModelInfo, folder: string, { path }: OnnxVariant): Promise<string[] | undefined> {
  const files = model.files.filter((file) => dictionaryName.test(file.path));
  const beside = files.filter((file) => dirname(file.path) === dirname(path));
  const [only, second] = beside.length > 0 ? beside : files;
  if (!only || second) return undefined;
  const lines = (await readFile(join(folder, only.path), 'utf8')).split(/\r?\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
