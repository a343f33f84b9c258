import type { WavEncoding } from './wav-header.js';

/** One sample at a place in the bytes. */
type ReadSample = (view: DataView, at: number) => number;

const readers: Record<WavEncoding, ReadSample> = {
  unsigned8: (view, at) => (view.getUint8(at) - 128) / 128,
  signed16: (view, at) => view.getInt16(at, true) / 32768,
  signed24: (view, at) => ((view.getInt16(at + 1, true) << 8) | view.getUint8(at)) / 8388608,
  signed32: (view, at) => view.getInt32(at, true) / 2147483648,
  float32: (view, at) => view.getFloat32(at, true),
  float64: (view, at) => view.getFloat64(at, true),
  alaw: (view, at) => alawToLinear(view.getUint8(at)) / 32768,
  mulaw: (view, at) => mulawToLinear(view.getUint8(at)) / 32768,
};

/** Interleaved samples to one array per channel. */
export function splitChannels(bytes: Uint8Array, encoding: WavEncoding, channels: number, frameBytes: number): Float32Array[] {
  const frames = Math.floor(bytes.length / frameBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sampleBytes = frameBytes / channels;
  const read = readers[encoding];
  return Array.from({ length: channels }, (_, channel) => {
    const samples = new Float32Array(frames);
    for (let frame = 0, at = channel * sampleBytes; frame < frames; frame++, at += frameBytes) samples[frame] = read(view, at);
    return samples;
  });
}

/** 13-bit logarithmic companding of Europe. Source: ITU-T G.711 */
function alawToLinear(code: number): number {
  const bits = code ^ 0x55;
  const [exponent, mantissa] = [(bits >> 4) & 7, bits & 15];
  const magnitude = exponent === 0 ? (mantissa << 4) + 8 : ((mantissa << 4) + 0x108) << (exponent - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

/** 14-bit logarithmic companding of America and Japan. Source: ITU-T G.711 */
function mulawToLinear(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 15) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return bits & 0x80 ? -magnitude : magnitude;
}
