import { checkShape, damaged } from './audio-stream.js';
import type { ByteSource } from './byte-source.js';

/** How samples are written in a WAV file. */
export type WavEncoding = 'unsigned8' | 'signed16' | 'signed24' | 'signed32' | 'float32' | 'float64' | 'alaw' | 'mulaw';

export interface WavHeader {
  encoding: WavEncoding;
  sampleRate: number;
  channels: number;
  /** Of one sample of all channels. */
  frameBytes: number;
  /** Undefined when the file was written by a program that could not go back to fill it in. */
  dataBytes: number | undefined;
}

// Format tags. Source: RFC 2361 and Microsoft's mmreg.h
const [pcm, float, alaw, mulaw, extensible] = [1, 3, 6, 7, 0xfffe];
const plainHeaderBytes = 16;
const extensibleHeaderBytes = 40;
/** Chunks before the samples: notes, pictures. More are no sound file. */
const mostChunks = 1000;

/**
 * Reads up to the samples: RIFF and RF64, plain and extensible formats.
 * @throws {LlmiError} INPUT_INVALID when there are none, or in an encoding that is not read
 */
export async function readWavHeader(source: ByteSource, param?: string): Promise<WavHeader> {
  source.skip(12); // RIFF, size, WAVE: looked at when the format was told
  let format: Omit<WavHeader, 'dataBytes'> | undefined;
  let longDataBytes: number | undefined; // of RF64, whose own chunk says it in 64 bits
  let position = 12;
  for (let chunk = 0; chunk < mostChunks; chunk++) {
    const head = await source.read(8);
    if (head.length < 8) break;
    const view = viewOf(head);
    const [name, size] = [String.fromCharCode(...head.subarray(0, 4)), view.getUint32(4, true)];
    position += 8;
    if (name === 'data') {
      if (!format) throw damaged('its samples come before their format', param);
      return { ...format, dataBytes: dataBytesOf(size, longDataBytes, source.sizeBytes - position, param) };
    }
    const padded = size + (size % 2);
    const wanted = name === 'fmt ' ? Math.min(size, extensibleHeaderBytes) : name === 'ds64' ? Math.min(size, 28) : 0;
    const content = wanted > 0 ? await source.read(wanted) : new Uint8Array(0);
    if (name === 'fmt ') format = readFormat(content, param);
    else if (name === 'ds64' && content.length >= 16) longDataBytes = Number(viewOf(content).getBigUint64(8, true));
    source.skip(padded - content.length);
    position += padded;
  }
  throw damaged('it has no samples', param);
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function readFormat(bytes: Uint8Array, param?: string): Omit<WavHeader, 'dataBytes'> {
  if (bytes.length < plainHeaderBytes) throw damaged('its header is too short', param);
  const view = viewOf(bytes);
  const given = view.getUint16(0, true);
  const tag = given === extensible && bytes.length >= 26 ? view.getUint16(24, true) : given; // the first two bytes of the sub-format's GUID
  const [channels, sampleRate, frameBytes, bits] = [view.getUint16(2, true), view.getUint32(4, true), view.getUint16(12, true), view.getUint16(14, true)];
  checkShape(sampleRate, channels, param);
  const sampleBytes = frameBytes / channels;
  if (sampleBytes !== Math.ceil(bits / 8)) throw damaged(`it claims ${bits} bits in ${frameBytes} bytes of ${channels} channels`, param);
  return { encoding: encodingOf(tag, sampleBytes, param), sampleRate, channels, frameBytes };
}

function encodingOf(tag: number, sampleBytes: number, param?: string): WavEncoding {
  const integers = ['unsigned8', 'signed16', 'signed24', 'signed32'] as const;
  const known: Record<number, WavEncoding | undefined> = {
    [pcm]: integers[sampleBytes - 1],
    [float]: sampleBytes === 4 ? 'float32' : sampleBytes === 8 ? 'float64' : undefined,
    [alaw]: sampleBytes === 1 ? 'alaw' : undefined,
    [mulaw]: sampleBytes === 1 ? 'mulaw' : undefined,
  };
  const encoding = known[tag];
  if (encoding) return encoding;
  throw damaged(`its samples have format ${tag} with ${sampleBytes} bytes, which is not read`, param);
}

/** Sizes that mean "unknown": programs that write into a pipe cannot go back and fill them in. */
const unknownSizes = [0xffff_ffff, 0x7fff_ffff, 0xffff_f000, 0x7fff_f000];

function dataBytesOf(size: number, longSize: number | undefined, left: number, param?: string): number | undefined {
  const claimed = size === 0xffff_ffff && longSize !== undefined ? longSize : size;
  if (unknownSizes.includes(claimed) || (claimed === 0 && left > 0)) return undefined;
  if (claimed <= left) return claimed;
  throw damaged(`it ends after ${left} of ${claimed} bytes`, param);
}
