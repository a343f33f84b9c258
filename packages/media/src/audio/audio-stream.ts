import { LlmiError } from '@llmi/core';

/** Sound as it is decoded: blocks of a few seconds, one array of samples per channel, full scale from -1 to 1. */
export interface AudioStream {
  readonly sampleRate: number;
  readonly channels: number;
  /** Where the file says it; it may lie. */
  readonly durationSeconds: number | undefined;
  /** Can be gone through once. */
  readonly blocks: AsyncGenerator<Float32Array[]>;
}

/** What a decoder is told. */
export interface DecoderOptions {
  /** The request field that errors are about. */
  param?: string;
  signal?: AbortSignal;
}

/** Sample rates that files have; what lies beyond is damage. */
const [leastSampleRate, highestSampleRate] = [100, 768_000];
const mostChannels = 32;

/** @throws {LlmiError} INPUT_INVALID for a sample rate or a number of channels that no sound has */
export function checkShape(sampleRate: number, channels: number, param?: string): void {
  if (sampleRate >= leastSampleRate && sampleRate <= highestSampleRate && channels >= 1 && channels <= mostChannels) return;
  throw damaged(`it claims ${channels} channels at ${sampleRate} Hz`, param);
}

/** The error for a sound file that is not what it says. */
export function damaged(what: string, param?: string, cause?: unknown): LlmiError {
  return new LlmiError('INPUT_INVALID', { message: `The sound file is damaged: ${what}.`, hint: 'Send the whole file again, or convert it to WAV.', param, cause });
}
