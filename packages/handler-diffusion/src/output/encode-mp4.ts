import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';
import type { PixelImage } from '@llmi/media';

/**
 * Frames of one size as an MP4 file, made by the program ffmpeg.
 * @throws {LlmiError} INPUT_UNSUPPORTED when it is not installed, INTERNAL when it fails
 */
export async function encodeMp4(frames: readonly PixelImage[], framesPerSecond: number, signal?: AbortSignal, program = 'ffmpeg'): Promise<Uint8Array> {
  const { width, height } = frames[0]!;
  const folder = await mkdtemp(join(tmpdir(), 'llmi-film-'));
  const path = join(folder, 'film.mp4'); // an MP4 is written back and forth, which a pipe cannot
  try {
    const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', String(framesPerSecond), '-i', 'pipe:0'];
    // H.264 in the colours that every player knows; sides are even, since those colours come in squares of two by two.
    const output = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-vf', 'pad=ceil(iw/2)*2:ceil(ih/2)*2', '-crf', '18', '-movflags', '+faststart', path];
    await pipeInto(program, ['-nostdin', '-v', 'error', '-y', ...input, ...output], frames, signal);
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function pipeInto(program: string, args: string[], frames: readonly PixelImage[], signal?: AbortSignal): Promise<void> {
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], signal, windowsHide: true });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-500)));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', (cause) => reject(signal?.aborted ? signal.reason : withoutFfmpeg(cause)));
  });
  child.stdin.on('error', () => undefined); // told by its exit code
  for (const { data } of frames) child.stdin.write(data);
  child.stdin.end();
  if ((await ended) === 0) return;
  throw new LlmiError('INTERNAL', { message: `ffmpeg could not make the film: ${complaint.trim().split('\n').at(-1)}.`, hint: 'Ask for "gif" or "webp", which need no other program.' });
}

function withoutFfmpeg(cause: unknown): LlmiError {
  return new LlmiError('INPUT_UNSUPPORTED', {
    message: 'Films in MP4 are made with ffmpeg, which is not installed here.',
    hint: 'Install ffmpeg (ffmpeg.org), or ask for "gif" or "webp".',
    param: 'output_format',
    cause,
  });
}
