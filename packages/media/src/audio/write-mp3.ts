import { LlmiError } from '@llmi/core';
import { resample } from './resampler.js';

/** kbit/s: more than speech can use, and half of what people call good for music. */
const bitrate = 128;
/** Rates that the format has, in Hz. */
const rates = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
/** Samples that the encoder is given at once. */
const pieceSamples = 1152 * 64;

/**
 * The bytes of an MP3 file, made by LAME. `given`: one or two arrays of samples. A rate that the format does not have becomes the next one.
 * @throws {LlmiError} DEPENDENCY_MISSING
 */
export async function writeMp3(given: readonly Float32Array[], sampleRate: number, { signal }: { signal?: AbortSignal } = {}): Promise<Uint8Array> {
  const rate = rates.find((offered) => offered >= sampleRate) ?? 48_000;
  const channels = given.map((samples) => resample(samples, sampleRate, rate));
  const encoder = await createEncoder();
  encoder.configure({ sampleRate: rate as 48000, channels: channels.length as 1, bitrate });
  const parts: Buffer[] = [];
  const frames = channels[0]?.length ?? 0;
  for (let start = 0; start < frames; start += pieceSamples) {
    signal?.throwIfAborted();
    const piece = channels.map((samples) => samples.subarray(start, start + pieceSamples)) as [Float32Array];
    parts.push(Buffer.from(encoder.encode(piece))); // copied: the encoder uses its memory again
    await new Promise((resolve) => setImmediate(resolve));
  }
  parts.push(Buffer.from(encoder.finalize()));
  return Buffer.concat(parts);
}

async function createEncoder() {
  try {
    const { createMp3Encoder } = await import('wasm-media-encoders');
    return await createMp3Encoder();
  } catch (cause) {
    throw new LlmiError('DEPENDENCY_MISSING', { message: 'The MP3 encoder cannot be loaded.', hint: 'Install the package again with its dependencies, or ask for WAV.', cause });
  }
}
