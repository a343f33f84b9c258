import { damaged, type AudioStream, type DecoderOptions } from './audio-stream.js';
import type { ByteSource } from './byte-source.js';
import { readWavHeader, type WavHeader } from './wav-header.js';
import { splitChannels } from './wav-samples.js';

/** About how much of a file is read at once. */
const blockBytes = 256 * 1024;

/** @throws {LlmiError} INPUT_INVALID */
export async function readWav(source: ByteSource, { param, signal }: DecoderOptions): Promise<AudioStream> {
  const header = await readWavHeader(source, param);
  const { sampleRate, channels, frameBytes, dataBytes } = header;
  return {
    sampleRate,
    channels,
    durationSeconds: dataBytes === undefined ? undefined : Math.floor(dataBytes / frameBytes) / sampleRate,
    blocks: readBlocks(source, header, param, signal),
  };
}

async function* readBlocks(source: ByteSource, { encoding, channels, frameBytes, dataBytes }: WavHeader, param?: string, signal?: AbortSignal): AsyncGenerator<Float32Array[]> {
  const atOnce = Math.max(1, Math.floor(blockBytes / frameBytes)) * frameBytes;
  let left = dataBytes ?? Infinity;
  while (left >= frameBytes) {
    signal?.throwIfAborted();
    const bytes = await source.read(Math.min(atOnce, left));
    if (bytes.length < frameBytes) break;
    left -= bytes.length;
    const block = splitChannels(bytes, encoding, channels, frameBytes);
    if (encoding.startsWith('float') && block.some(hasStrangeNumber)) throw damaged('some of its samples are not numbers', param);
    yield block;
  }
}

function hasStrangeNumber(samples: Float32Array): boolean {
  return samples.some((sample) => !Number.isFinite(sample));
}
