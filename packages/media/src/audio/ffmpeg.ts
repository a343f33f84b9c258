import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';
import type { AudioFormat } from './audio-format.js';
import { damaged, type AudioStream, type DecoderOptions } from './audio-stream.js';
import type { AudioInput, ByteSource } from './byte-source.js';
import { readWav } from './read-wav.js';

/** The demuxer for each format: ffmpeg must not take a sound for a playlist, which names other files. */
const demuxers: Partial<Record<AudioFormat, string>> = { mp4: 'mov', webm: 'matroska', aiff: 'aiff', aac: 'aac', ogg: 'ogg' };

/**
 * Decodes with the program ffmpeg what no library here does (m4a, WebM, AIFF), if it is installed.
 * @throws {LlmiError} UNSUPPORTED_MEDIA_TYPE when it is not, INPUT_INVALID when it cannot read the file
 */
export async function decodeWithFfmpeg(input: AudioInput, format: AudioFormat, program: string, options: DecoderOptions): Promise<AudioStream> {
  const folder = typeof input === 'string' ? undefined : await mkdtemp(join(tmpdir(), 'llmi-sound-'));
  try {
    const path = folder === undefined ? (input as string) : join(folder, 'sound');
    if (folder !== undefined) await writeFile(path, input); // the index of an m4a may be at its end, which a pipe cannot go back from
    const source = await startFfmpeg(program, path, format, options);
    const stream = await readWav(source, options).catch(async (error: unknown) => {
      const failure = await source.failure();
      await source[Symbol.asyncDispose]();
      throw failure ?? error;
    });
    return { ...stream, blocks: blocksThenClean(stream, source, folder) };
  } catch (error) {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function* blocksThenClean(stream: AudioStream, source: FfmpegOutput, folder: string | undefined): AsyncGenerator<Float32Array[]> {
  try {
    yield* stream.blocks;
    const failure = await source.failure();
    if (failure) throw failure;
  } finally {
    await source[Symbol.asyncDispose]();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

interface FfmpegOutput extends ByteSource {
  /** What went wrong, where the output has ended. */
  failure(): Promise<LlmiError | undefined>;
}

async function startFfmpeg(program: string, path: string, format: AudioFormat, { param, signal }: DecoderOptions): Promise<FfmpegOutput> {
  const inputFlags = ['-nostdin', '-v', 'error', '-protocol_whitelist', 'file,pipe', '-f', demuxers[format] ?? format, '-i', `file:${path}`];
  const child = spawn(program, [...inputFlags, '-map', '0:a:0', '-vn', '-c:a', 'pcm_f32le', '-f', 'wav', 'pipe:1'], { stdio: ['ignore', 'pipe', 'pipe'], signal, windowsHide: true });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-500)));
  const ended = Promise.all([new Promise((resolve) => child.once('exit', resolve)), new Promise((resolve) => child.stderr.once('close', resolve))]);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => reject(signal?.aborted ? signal.reason : withoutFfmpeg(format, param, cause)));
  });
  child.on('error', () => undefined); // an abort kills it, and is thrown by whoever waits for its output
  const chunks = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let [pending, skipped]: [Buffer, number] = [Buffer.alloc(0), 0];
  let hasEnded = false;
  return {
    sizeBytes: Number.MAX_SAFE_INTEGER,
    async read(bytes) {
      while (pending.length < bytes + skipped) {
        signal?.throwIfAborted();
        const { value, done } = await chunks.next();
        hasEnded = done === true;
        if (hasEnded) break;
        pending = Buffer.concat([pending, value]);
      }
      const part = pending.subarray(skipped, skipped + bytes);
      pending = pending.subarray(skipped + bytes);
      skipped = 0;
      return part;
    },
    skip(bytes) {
      skipped += bytes;
    },
    async failure() {
      if (!hasEnded) return undefined;
      await ended;
      const words = complaint.replaceAll(path, 'the file').trim().split('\n').at(-1);
      return child.exitCode === 0 ? undefined : damaged(`ffmpeg cannot read it (${words})`, param);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      child.stdout.destroy();
      await ended;
    },
  };
}

function withoutFfmpeg(format: AudioFormat, param: string | undefined, cause: unknown): LlmiError {
  return new LlmiError('UNSUPPORTED_MEDIA_TYPE', {
    message: `Sound in the format ${format} is read with ffmpeg, which is not installed here.`,
    hint: 'Install ffmpeg (ffmpeg.org), or send the sound as WAV, MP3, FLAC or Ogg.',
    param,
    cause,
  });
}
