import { open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, win32 } from 'node:path';
import { LlmiError } from '@llmi/core';
import { ProtobufError, ProtobufFile, type ProtobufField } from './protobuf-file.js';

/** A file beside an .onnx file that holds some of its weights. */
export interface ExternalDataFile {
  /** As the model names it: relative to the folder of the .onnx file. */
  location: string;
  path: string;
  sizeBytes: number;
}

/**
 * Where tensors can be in a model: message, field number, message in that field. Everything else is stepped over.
 * Source: https://github.com/onnx/onnx/blob/v1.19.0/onnx/onnx.proto
 */
const onnxSchema: Record<string, Record<number, string>> = {
  model: { 7: 'graph', 20: 'trainingInfo', 25: 'function' },
  trainingInfo: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparseTensor' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparseTensor', 23: 'sparseTensor' },
  sparseTensor: { 1: 'tensor', 2: 'tensor' },
};
const graphField = 7; // of model
const externalDataField = 13; // of tensor
const keyField = 1; // of an external data entry
const valueField = 2;

/** What protobuf's own parser allows. */
const maxDepth = 100;
const maxEntryBytes = 4096;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Checks an .onnx file before native code sees it: that it is a whole protobuf file with a graph, and that every file it names for
 * its weights is inside its folder, there, and long enough. Reads little of it, however large it is. Returns the named files.
 *
 * A file in the folder that is a link to one elsewhere counts as elsewhere, with one exception: the Hugging Face cache links the
 * .onnx file and its data into the same folder of blobs, so data may lie beside the file that `path` really is.
 * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FILE_REFUSED
 */
export async function checkOnnxFile(path: string): Promise<ExternalDataFile[]> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw new LlmiError('MODEL_FILE_MISSING', {
      message: `The model file ${basename(path)} cannot be opened.`,
      hint: 'Install the model again, or check the path and its permissions.',
      cause,
    });
  });
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw missing(basename(path), 'is not a file');
    const needed = readLocations(new ProtobufFile(handle.fd, status.size), basename(path));
    const allowed = new Set([await realpath(dirname(path)), dirname(await realpath(path))]);
    return await Promise.all([...needed].map(([location, bytes]) => checkLocation(path, location, bytes, [...allowed])));
  } finally {
    await handle.close();
  }
}

/** Every location in the file, with the bytes that a file there must have. */
function readLocations(file: ProtobufFile, name: string): Map<string, number> {
  const needed = new Map<string, number>();
  try {
    let hasGraph = false;
    for (const field of file.fields(0, file.sizeBytes)) hasGraph ||= field.number === graphField;
    if (!hasGraph) throw new ProtobufError('no graph');
    for (const tensor of tensors(file, 'model', 0, file.sizeBytes, 0)) {
      const { locations, endBytes } = readExternalData(file, tensor);
      for (const location of locations) needed.set(location, Math.max(endBytes, needed.get(location) ?? 0));
    }
  } catch (cause) {
    if (!(cause instanceof ProtobufError)) throw cause;
    throw new LlmiError('MODEL_FILE_CORRUPT', {
      message: `The model file ${name} is not a whole ONNX file: ${cause.message}.`,
      hint: 'It is damaged or incomplete: install the model again.',
      cause,
    });
  }
  return needed;
}

/** Every tensor of a message: initializers, sparse ones, those in attributes (Constant), and the same in subgraphs. */
function* tensors(file: ProtobufFile, message: string, start: number, end: number, depth: number): Generator<ProtobufField> {
  if (depth > maxDepth) throw new ProtobufError('messages nested too deeply');
  for (const field of file.fields(start, end)) {
    const inner = onnxSchema[message]![field.number];
    if (inner === 'tensor') yield field;
    else if (inner !== undefined) yield* tensors(file, inner, field.start, field.end, depth + 1);
  }
}

/** The external data entries of one tensor. A key given twice counts twice: parsers differ in which of them they take. */
function readExternalData(file: ProtobufFile, tensor: ProtobufField): { locations: string[]; endBytes: number } {
  const locations: string[] = [];
  let offset = 0;
  let length = 0;
  for (const entry of file.fields(tensor.start, tensor.end)) {
    if (entry.number !== externalDataField) continue;
    let key = '';
    let value = '';
    for (const part of file.fields(entry.start, entry.end)) {
      if (part.number === keyField) key = readText(file, part);
      if (part.number === valueField) value = readText(file, part);
    }
    if (key === 'location') locations.push(value);
    if (key === 'offset') offset = Math.max(offset, readCount(value));
    if (key === 'length') length = Math.max(length, readCount(value));
  }
  return { locations, endBytes: offset + length };
}

function readText(file: ProtobufFile, field: ProtobufField): string {
  try {
    return utf8.decode(file.bytes(field, maxEntryBytes));
  } catch (cause) {
    throw cause instanceof ProtobufError ? cause : new ProtobufError('a text that is not UTF-8');
  }
}

function readCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new ProtobufError(`"${text.slice(0, 40)}" as an offset or length`);
  return Number(text);
}

async function checkLocation(modelPath: string, location: string, neededBytes: number, allowed: string[]): Promise<ExternalDataFile> {
  if (!isPlainRelative(location)) throw refused(modelPath, location, 'is not a plain relative path');
  const path = join(dirname(modelPath), location);
  const status = await stat(path).catch(() => undefined);
  if (!status) throw missing(location, `is missing; ${basename(modelPath)} keeps weights in it`);
  const real = await realpath(path);
  if (!allowed.some((folder) => isInside(folder, real))) throw refused(modelPath, location, 'is a link out of its folder');
  if (!status.isFile()) throw refused(modelPath, location, 'is not a regular file');
  if (status.nlink > 1) throw refused(modelPath, location, 'is a hard link, so another name of it can lie anywhere');
  if (status.size < neededBytes) {
    throw new LlmiError('MODEL_FILE_CORRUPT', {
      message: `The model file ${location} has ${status.size} bytes; ${basename(modelPath)} needs ${neededBytes} of it.`,
      hint: 'The download is incomplete: install the model again.',
    });
  }
  return { location, path, sizeBytes: status.size };
}

/** No absolute path, no way up, on any platform; and none of the names that mean something other than a file to ONNX Runtime. */
function isPlainRelative(location: string): boolean {
  if (location === '' || location.includes('\0') || location.startsWith('*')) return false;
  if (isAbsolute(location) || win32.isAbsolute(location) || /^[a-z]:/i.test(location)) return false;
  return !location.split(/[/\\]/).includes('..');
}

function isInside(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside !== '' && !inside.startsWith('..') && !isAbsolute(inside);
}

function missing(name: string, what: string): LlmiError {
  return new LlmiError('MODEL_FILE_MISSING', { message: `The model file ${name} ${what}.`, hint: 'Install the model again.' });
}

function refused(modelPath: string, location: string, why: string): LlmiError {
  return new LlmiError('MODEL_FILE_REFUSED', {
    message: `The model file ${basename(modelPath)} wants its weights from "${location}", which ${why}.`,
    hint: 'Do not trust this model unless you made it; if you did, put a copy of that file beside it and name it without a path.',
  });
}
