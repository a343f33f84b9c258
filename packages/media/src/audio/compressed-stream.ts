import { LlmiError } from '@llmi/core';
import { checkShape, damaged, type AudioStream, type DecoderOptions } from './audio-stream.js';
import type { ByteSource } from './byte-source.js';

/** What a decoder makes of some bytes. */
export interface Decoded {
  channelData: Float32Array[];
  samplesDecoded: number;
  sampleRate: number;
  errors: { message: string }[];
}

/** A decoder that is fed a file piece by piece. */
export interface PieceDecoder {
  decode(bytes: Uint8Array): Decoded | Promise<Decoded>;
  /** What is left at the end. */
  flush?(): Decoded | Promise<Decoded>;
  free(): void | Promise<void>;
}

/** A few seconds of most formats: decoding holds the thread for some milliseconds at a time. */
const pieceBytes = 32 * 1024;

/**
 * The sound that a decoder makes of a file. Its first block is decoded at once, since it tells the sample rate.
 * @throws {LlmiError} INPUT_INVALID
 */
export async function streamDecoder(decoder: PieceDecoder, source: ByteSource, { param, signal }: DecoderOptions): Promise<AudioStream> {
  const pieces = decodePieces(decoder, source, param, signal);
  const { value: first } = await pieces.next();
  if (!first) throw damaged('there is no sound in it', param);
  const { sampleRate, channelData } = first;
  try {
    checkShape(sampleRate, channelData.length, param);
  } catch (error) {
    await pieces.return(undefined);
    throw error;
  }
  return { sampleRate, channels: channelData.length, durationSeconds: undefined, blocks: blocksOf(first, pieces, param) };
}

async function* blocksOf(first: Decoded, rest: AsyncGenerator<Decoded, undefined>, param?: string): AsyncGenerator<Float32Array[]> {
  try {
    yield first.channelData;
    for await (const { channelData, sampleRate } of rest) {
      if (sampleRate !== first.sampleRate || channelData.length !== first.channelData.length) throw damaged('its sample rate or channels change', param);
      yield channelData;
    }
  } finally {
    await rest.return(undefined);
  }
}

async function* decodePieces(decoder: PieceDecoder, source: ByteSource, param?: string, signal?: AbortSignal): AsyncGenerator<Decoded, undefined> {
  try {
    for (;;) {
      signal?.throwIfAborted();
      const bytes = await source.read(pieceBytes);
      const decoded = bytes.length > 0 ? await decoder.decode(bytes) : await decoder.flush?.();
      if (decoded && decoded.errors.length > 0) throw damaged(decoded.errors[0]!.message, param);
      if (decoded && decoded.samplesDecoded > 0) yield decoded;
      if (bytes.length === 0) return undefined;
    }
  } catch (error) {
    if (LlmiError.is(error) || signal?.aborted) throw error;
    throw damaged(error instanceof Error ? error.message : String(error), param, error);
  } finally {
    await decoder.free();
  }
}
