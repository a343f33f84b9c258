import { LlmiError } from '@llmi/core';
import { sniffAudioFormat, sniffedBytes } from './audio-format.js';
import type { AudioStream, DecoderOptions } from './audio-stream.js';
import { openBytes, type AudioInput, type ByteSource } from './byte-source.js';
import { createDecoder, oggHeadBytes } from './compressed-formats.js';
import { streamDecoder } from './compressed-stream.js';
import { decodeWithFfmpeg } from './ffmpeg.js';
import { readWav } from './read-wav.js';

export interface OpenAudioOptions extends DecoderOptions {
  /** The program ffmpeg, for formats that are read with its help. Default: found on PATH. */
  ffmpeg?: string;
}

/**
 * Opens a sound, told by its first bytes: WAV (8 to 32 bits, floating point, A-law, µ-law), MP3, FLAC, Ogg with Opus, Vorbis or FLAC;
 * M4A, AAC, WebM and AIFF with ffmpeg. Go through `blocks` to the end, or `return()` it, to close the file.
 * @throws {LlmiError} UNSUPPORTED_MEDIA_TYPE, INPUT_INVALID, DEPENDENCY_MISSING
 */
export async function openAudio(input: AudioInput, { ffmpeg = 'ffmpeg', ...options }: OpenAudioOptions = {}): Promise<AudioStream> {
  const source = await openBytes(input);
  let stream: AudioStream | undefined;
  try {
    const head = await source.read(oggHeadBytes);
    const format = sniffAudioFormat(head.subarray(0, sniffedBytes));
    if (!format) throw unknownFormat(head, options.param);
    const decoder = format === 'wav' ? undefined : await createDecoder(format, head);
    if (format !== 'wav' && !decoder) return await decodeWithFfmpeg(input, format, ffmpeg, options);
    const whole = rewound(head, source);
    stream = decoder ? await streamDecoder(decoder, whole, options) : await readWav(whole, options);
    return { ...stream, blocks: blocksThenClose(stream, source) };
  } finally {
    if (!stream) await source[Symbol.asyncDispose]();
  }
}

async function* blocksThenClose(stream: AudioStream, source: ByteSource): AsyncGenerator<Float32Array[]> {
  try {
    yield* stream.blocks;
  } finally {
    await source[Symbol.asyncDispose]();
  }
}

/** The source with what was looked at put back. */
function rewound(head: Uint8Array, source: ByteSource): ByteSource {
  let left = head;
  return {
    sizeBytes: source.sizeBytes,
    async read(bytes) {
      const part = left.subarray(0, bytes);
      left = left.subarray(part.length);
      if (part.length === bytes) return part;
      const more = await source.read(bytes - part.length);
      return part.length === 0 ? more : Buffer.concat([part, more]);
    },
    skip(bytes) {
      const inHead = Math.min(bytes, left.length);
      left = left.subarray(inHead);
      source.skip(bytes - inHead);
    },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

function unknownFormat(head: Uint8Array, param?: string): LlmiError {
  const hint = 'Send WAV, MP3, FLAC or Ogg; M4A, WebM and AIFF where ffmpeg is installed.';
  if (head.length === 0) return new LlmiError('INPUT_INVALID', { message: 'The sound file is empty.', hint, param });
  return new LlmiError('UNSUPPORTED_MEDIA_TYPE', { message: 'This is no sound file of a known format.', hint, param });
}
