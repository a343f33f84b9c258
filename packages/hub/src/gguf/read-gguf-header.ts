import { LlmiError, type GgufFacts } from '@llmi/core';
import { fileSource, type ByteSource } from '../byte-source.js';
import { estimateGguf } from './estimate-gguf.js';
import { ggmlTypes } from './ggml-types.js';
import { HeaderCursor, HeaderFault, NeedMoreBytes, scalarBytes } from './header-cursor.js';

type Metadata = Record<string, unknown>;

const magic = 0x46554747; // "GGUF", little-endian
const firstReadBytes = 1 << 20;
const maxHeaderBytes = 32 << 20; // the largest vocabularies (262,144 tokens with merges) take about 16 MiB
const maxKeptEntries = 64; // of an array of metadata
const maxKeptNumbers = 1024; // of a per-layer array of numbers: head counts, window pattern
const maxDimensions = 4;
const maxKeyBytes = 65_535;
const stringType = 8;
const arrayType = 9;

/** Type names of metadata values by number, as `{ type, length }` gives them for long arrays. */
const valueTypes = ['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'float32', 'bool', 'string', 'array', 'uint64', 'int64', 'float64'];

/** What the hub says of a GGUF model. */
export interface ListedGguf {
  parameterCount: number;
  architecture?: string;
  chatTemplate?: string;
  /** Bytes of all parts of a split model. */
  setBytes?: number;
}

/**
 * What the header of a GGUF file says, after checking it against the file's size. Weights are not read.
 *
 * Metadata arrays of more than 64 entries are given as `{ type, length }`; arrays of numbers outside the tokenizer are kept up to
 * 1,024 entries, because layers have their own settings in them. At most 32 MiB are held.
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 *
 * With what the hub has `listed`, a vocabulary that goes beyond the first MiB is not read, nor what comes after it: see `estimateGguf`.
 * @throws {LlmiError} MODEL_FILE_CORRUPT naming the file; MODEL_FORMAT_UNSUPPORTED for a version or tensor type not known here
 */
export async function readGgufHeader(source: ByteSource, listed?: ListedGguf): Promise<GgufFacts> {
  let bytes: Uint8Array = new Uint8Array(0);
  let wanted = firstReadBytes;
  for (;;) {
    const upTo = Math.min(wanted, source.sizeBytes, maxHeaderBytes);
    const more = await source.read(bytes.length, upTo - bytes.length);
    if (more.length < upTo - bytes.length) throw corrupt(source, 'it became shorter while it was read');
    bytes = Buffer.concat([bytes, more]);
    const cursor = new HeaderCursor(bytes, source.sizeBytes);
    const metadata: Metadata = Object.create(null); // a key may be called __proto__
    try {
      return parseHeader(cursor, source, metadata);
    } catch (error) {
      if (error instanceof HeaderFault) throw corrupt(source, error.message);
      if (!(error instanceof NeedMoreBytes)) throw error;
      const estimate = listed && estimateGguf(source, { ...metadata }, listed, cursor.position);
      if (estimate) return estimate;
      if (bytes.length >= maxHeaderBytes) throw corrupt(source, `its header is longer than ${maxHeaderBytes} bytes`);
      wanted = Math.max(error.upTo, bytes.length * 2);
    }
  }
}

/** The header of a GGUF file on this machine. @throws {LlmiError} as `readGgufHeader`; MODEL_FILE_MISSING */
export async function ggufFileFacts(path: string, name = path): Promise<GgufFacts> {
  await using source = await fileSource(path, name);
  return await readGgufHeader(source);
}

function corrupt(source: ByteSource, problem: string): LlmiError {
  return new LlmiError('MODEL_FILE_CORRUPT', {
    message: `${source.name} is no valid GGUF file: ${problem}.`,
    hint: 'Download it again, or take another file of the same model.',
  });
}

function unsupported(source: ByteSource, problem: string, hint: string): LlmiError {
  return new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `${source.name} cannot be used: ${problem}.`, hint });
}

function parseHeader(cursor: HeaderCursor, source: ByteSource, metadata: Metadata): GgufFacts {
  if (cursor.uint32() !== magic) throw new HeaderFault('it does not start with "GGUF"');
  const version = cursor.uint32();
  if (version !== 0 && (version & 0xffff) === 0) {
    throw unsupported(source, 'it is written for big-endian machines', 'Look for the little-endian file of the same model.');
  }
  if (version !== 2 && version !== 3) {
    throw unsupported(source, `it is of GGUF version ${version}`, 'Versions 2 and 3 are known; look for a newer file of the same model.');
  }
  const tensorCount = cursor.count(24, 'the number of tensors'); // name length, dimensions, type and offset take 24 bytes at least
  const pairCount = cursor.count(12, 'the number of metadata entries');
  readMetadata(cursor, pairCount, metadata);
  const architecture = metadata['general.architecture'];
  if (typeof architecture !== 'string') throw new HeaderFault('its metadata names no architecture');
  const tensors = readTensors(cursor, source, tensorCount, metadata['general.alignment']);
  return { file: source.name, architecture, ...tensors, metadata: { ...metadata }, metadataBytes: cursor.position };
}

function readMetadata(cursor: HeaderCursor, pairCount: number, metadata: Metadata): void {
  for (let index = 0; index < pairCount; index++) {
    const key = cursor.string('a metadata key');
    if (key === '' || key.length > maxKeyBytes) throw new HeaderFault('a metadata key is empty or too long');
    if (key in metadata) throw new HeaderFault(`its metadata has ${JSON.stringify(key)} twice`);
    metadata[key] = readValue(cursor, cursor.uint32(), key, metadata);
  }
}

/** `whole`: the metadata, which a long array is in by its length before its entries are passed. */
function readValue(cursor: HeaderCursor, type: number, key: string, whole: Metadata | undefined, depth = 0): unknown {
  if (type === stringType) return cursor.string(`the value of ${key}`);
  if (type !== arrayType) {
    if (scalarBytes[type] === undefined) throw new HeaderFault(`${JSON.stringify(key)} has a value of unknown type ${type}`);
    return cursor.scalar(type);
  }
  const itemType = cursor.uint32();
  const itemBytes = itemType === stringType ? 8 : itemType === arrayType ? 12 : scalarBytes[itemType];
  if (itemBytes === undefined) throw new HeaderFault(`${JSON.stringify(key)} is an array of unknown type ${itemType}`);
  if (depth > 3) throw new HeaderFault(`${JSON.stringify(key)} is nested too deep`);
  const length = cursor.count(itemBytes, `the length of ${key}`);
  const numbers = itemType !== stringType && itemType !== arrayType;
  if (length <= (numbers && !key.startsWith('tokenizer.') ? maxKeptNumbers : maxKeptEntries)) {
    return Array.from({ length }, () => readValue(cursor, itemType, key, undefined, depth + 1));
  }
  const summary = { type: valueTypes[itemType], length };
  if (whole) whole[key] = summary;
  if (numbers) cursor.take(length * itemBytes);
  for (let index = 0; !numbers && index < length; index++) {
    if (itemType === stringType) cursor.skipString(`an entry of ${key}`);
    else readValue(cursor, arrayType, key, undefined, depth + 1);
  }
  return summary;
}

/** Counts over all tensors, each checked to lie inside the file. */
function readTensors(cursor: HeaderCursor, source: ByteSource, tensorCount: number, alignmentValue: unknown) {
  const alignment = alignmentValue === undefined ? 32 : alignmentValue;
  if (typeof alignment !== 'number' || alignment < 1 || !Number.isInteger(Math.log2(alignment))) throw new HeaderFault('its alignment is no power of two');
  const names = new Set<string>();
  const bytesByType: Record<string, number> = {};
  let [parameterCount, tensorBytes, dataBytes] = [0, 0, 0n];
  for (let index = 0; index < tensorCount; index++) {
    const name = cursor.string('a tensor name');
    if (names.has(name)) throw new HeaderFault(`it has two tensors ${JSON.stringify(name)}`);
    names.add(name);
    const dimensionCount = cursor.uint32();
    if (dimensionCount > maxDimensions) throw new HeaderFault(`tensor ${JSON.stringify(name)} has ${dimensionCount} dimensions`);
    const dimensions = Array.from({ length: dimensionCount }, () => cursor.uint64());
    const typeNumber = cursor.uint32();
    const offset = cursor.uint64();
    const type = ggmlTypes.get(typeNumber);
    if (!type) throw unsupported(source, `tensor ${JSON.stringify(name)} has the unknown type ${typeNumber}`, 'Update llmi, or choose another quantization.');
    const elements = dimensions.reduce((product, size) => product * size, 1n); // exact: a product beyond 2^64 does not wrap
    if ((dimensions[0] ?? 1n) % BigInt(type.blockElements) !== 0n) {
      throw new HeaderFault(`the rows of tensor ${JSON.stringify(name)} do not divide into blocks of ${type.name}`);
    }
    const bytes = (elements / BigInt(type.blockElements)) * BigInt(type.blockBytes);
    if (offset % BigInt(alignment) !== 0n) throw new HeaderFault(`tensor ${JSON.stringify(name)} is not aligned`);
    if (offset + bytes > BigInt(source.sizeBytes)) {
      throw new HeaderFault(`tensor ${JSON.stringify(name)} lies beyond its end: the file is cut off, or its header is damaged`);
    }
    if (offset + bytes > dataBytes) dataBytes = offset + bytes;
    parameterCount += Number(elements);
    tensorBytes += Number(bytes);
    bytesByType[type.name] = (bytesByType[type.name] ?? 0) + Number(bytes);
  }
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  const missing = BigInt(dataStart) + dataBytes - BigInt(source.sizeBytes);
  if (tensorCount > 0 && missing > 0n) throw new HeaderFault(`it is cut off: ${missing} bytes are missing at its end`);
  if (tensorBytes > source.sizeBytes) throw new HeaderFault('its tensors overlap');
  return { parameterCount, tensorBytes, bytesByType };
}
