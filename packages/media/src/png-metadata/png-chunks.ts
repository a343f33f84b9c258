import { crc32 } from 'node:zlib';
import { LlmiError } from '@llmi/core';

export interface PngChunk {
  type: string; // four letters
  data: Uint8Array;
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Length and type before the data, a checksum after it. */
const [headBytes, checkBytes] = [8, 4];

/**
 * The chunks of a PNG file, their checksums verified.
 * Source: PNG Specification, third edition, https://www.w3.org/TR/png-3/#5DataRep
 * @throws {LlmiError} INPUT_INVALID for what is no whole PNG
 */
export function readPngChunks(png: Uint8Array): PngChunk[] {
  if (!signature.every((byte, index) => png[index] === byte)) throw notPng('it does not begin as one');
  const view = new DataView(png.buffer, png.byteOffset, png.length);
  const chunks: PngChunk[] = [];
  let position = signature.length;
  while (chunks.at(-1)?.type !== 'IEND') {
    if (position + headBytes + checkBytes > png.length) throw notPng('it ends early');
    const length = view.getUint32(position);
    const end = position + headBytes + length;
    if (end + checkBytes > png.length) throw notPng('a chunk reaches beyond its end');
    if (crc32(png.subarray(position + 4, end)) !== view.getUint32(end)) throw notPng('a checksum is wrong');
    chunks.push({ type: String.fromCharCode(...png.subarray(position + 4, position + headBytes)), data: png.subarray(position + headBytes, end) });
    if (chunks[0]!.type !== 'IHDR') throw notPng('its first chunk is no header');
    position = end + checkBytes;
  }
  return chunks;
}

export function writePngChunks(chunks: readonly PngChunk[]): Uint8Array {
  const size = chunks.reduce((sum, { data }) => sum + headBytes + data.length + checkBytes, signature.length);
  const png = new Uint8Array(size);
  const view = new DataView(png.buffer);
  png.set(signature);
  let position = signature.length;
  for (const { type, data } of chunks) {
    view.setUint32(position, data.length);
    png.set(Buffer.from(type, 'latin1'), position + 4);
    png.set(data, position + headBytes);
    const end = position + headBytes + data.length;
    view.setUint32(end, crc32(png.subarray(position + 4, end)));
    position = end + checkBytes;
  }
  return png;
}

export function notPng(why: string, cause?: unknown): LlmiError {
  return new LlmiError('INPUT_INVALID', { message: `This is not a whole PNG file: ${why}.`, hint: 'Give a PNG picture as it was made.', cause });
}
