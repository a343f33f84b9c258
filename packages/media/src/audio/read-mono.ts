import { LlmiError } from '@llmi/core';
import type { AudioInput } from './byte-source.js';
import { openAudio, type OpenAudioOptions } from './open-audio.js';
import { Resampler } from './resampler.js';

export interface ReadAudioOptions extends OpenAudioOptions {
  /** Rate to change to, in Hz. */
  sampleRate: number;
  /** Longest sound that is taken: a small file can hold days of silence. */
  maxSeconds?: number;
}

/** Half a day: longer than any recording that is sent as one file. */
export const defaultMaxSeconds = 12 * 3600;

/**
 * The sound as one channel at one rate, a few seconds at a time, so that memory does not grow with its length. Channels are mixed by
 * their mean, as `librosa.to_mono` does.
 * @throws {LlmiError} UNSUPPORTED_MEDIA_TYPE, INPUT_INVALID (also when there are no samples), PAYLOAD_TOO_LARGE, DEPENDENCY_MISSING
 */
export async function* readMono(input: AudioInput, { sampleRate, maxSeconds = defaultMaxSeconds, ...options }: ReadAudioOptions): AsyncGenerator<Float32Array> {
  const stream = await openAudio(input, options);
  const resampler = new Resampler(stream.sampleRate, sampleRate);
  let samples = 0;
  for await (const block of stream.blocks) {
    options.signal?.throwIfAborted();
    samples += block[0]!.length;
    if (samples > maxSeconds * stream.sampleRate) throw tooLong(maxSeconds, options.param);
    const output = resampler.push(mix(block));
    if (output.length > 0) yield output;
  }
  if (samples === 0) throw new LlmiError('INPUT_INVALID', { message: 'The sound has no samples.', hint: 'Send a sound that is not empty.', param: options.param });
  const rest = resampler.finish();
  if (rest.length > 0) yield rest;
}

/** All of {@link readMono} in one array. */
export async function decodeMono(input: AudioInput, options: ReadAudioOptions): Promise<Float32Array> {
  const blocks: Float32Array[] = [];
  for await (const block of readMono(input, options)) blocks.push(block);
  const samples = new Float32Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    samples.set(block, at);
    at += block.length;
  }
  return samples;
}

function mix(channels: Float32Array[]): Float32Array {
  if (channels.length === 1) return channels[0]!;
  const mixed = new Float32Array(channels[0]!.length);
  for (let index = 0; index < mixed.length; index++) {
    let sum = 0;
    for (let channel = 0; channel < channels.length; channel++) sum += channels[channel]![index]!;
    mixed[index] = sum / channels.length;
  }
  return mixed;
}

function tooLong(maxSeconds: number, param?: string): LlmiError {
  const length = maxSeconds >= 7200 ? `${Math.round(maxSeconds / 3600)} hours` : maxSeconds >= 120 ? `${Math.round(maxSeconds / 60)} minutes` : `${maxSeconds} seconds`;
  return new LlmiError('PAYLOAD_TOO_LARGE', { message: `The sound is longer than ${length}.`, hint: 'Send it in parts.', param });
}
