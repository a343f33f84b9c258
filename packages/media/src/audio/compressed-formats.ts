import { LlmiError } from '@llmi/core';
import type { Decoded, PieceDecoder } from './compressed-stream.js';
import type { AudioFormat } from './audio-format.js';

/** mpg123. Gives two equal channels for one; silence that encoders put around the sound is left out where the file tells its length. */
async function mp3Decoder(): Promise<PieceDecoder> {
  const { MPEGDecoder } = await import('mpg123-decoder');
  const decoder = new MPEGDecoder();
  await decoder.ready;
  return decoder;
}

/** libFLAC, also for FLAC within Ogg. */
async function flacDecoder(): Promise<PieceDecoder> {
  const { FLACDecoder } = await import('@wasm-audio-decoders/flac');
  const decoder = new FLACDecoder();
  await decoder.ready;
  return {
    decode: async (bytes) => fullScale(await decoder.decode(bytes)),
    flush: async () => fullScale(await decoder.flush()),
    free: () => decoder.free(),
  };
}

/** The library makes the highest integer 1; everywhere else it is one step less, and the lowest is -1. */
function fullScale(decoded: Decoded & { bitDepth: number }): Decoded {
  const highest = 2 ** (decoded.bitDepth - 1);
  return { ...decoded, channelData: decoded.channelData.map((samples) => samples.map((sample) => (sample * (highest - 1)) / highest)) };
}

/** libvorbis */
async function vorbisDecoder(): Promise<PieceDecoder> {
  const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis');
  const decoder = new OggVorbisDecoder();
  await decoder.ready;
  return decoder;
}

/** libopus, its packets taken out of Ogg pages by codec-parser. */
async function opusDecoder(): Promise<PieceDecoder> {
  const [{ OpusDecoder }, { default: CodecParser }] = await Promise.all([import('opus-decoder'), import('codec-parser')]);
  const parser = new CodecParser('application/ogg');
  let decoder: InstanceType<typeof OpusDecoder> | undefined;
  let decodedSamples = 0;
  let startGranule: bigint | undefined; // samples before the file, where it was cut out of a broadcast

  async function decodePages(pages: Iterator<unknown>): Promise<Decoded> {
    const blocks: Decoded[] = [];
    for (const page of pages as IterableIterator<OggPage>) {
      const [frame] = page.codecFrames;
      if (!frame) continue;
      if (!decoder) {
        const { channels, streamCount, coupledStreamCount, channelMappingTable, preSkip } = frame.header;
        decoder = new OpusDecoder({ channels, streamCount, coupledStreamCount, channelMappingTable, preSkip });
        await decoder.ready;
        const before = BigInt(page.absoluteGranulePosition) - BigInt(page.samples);
        startGranule = (before > 0n ? before : 0n) + BigInt(preSkip);
      }
      const block = decoder.decodeFrames(page.codecFrames.map(({ data }) => data));
      decodedSamples += block.samplesDecoded;
      const wanted = Number(BigInt(page.absoluteGranulePosition) - startGranule!);
      blocks.push(page.isLastPage ? cutEnd(block, decodedSamples - wanted) : block);
    }
    return joinBlocks(blocks);
  }

  return {
    decode: (bytes) => decodePages(parser.parseChunk(bytes)),
    flush: () => decodePages(parser.flush()),
    free: () => decoder?.free(),
  };
}

/** What is used of a page: its packets, their samples (48 kHz), and the samples up to its end, which the last packet may exceed. */
interface OggPage {
  codecFrames: { data: Uint8Array; header: { channels: number; streamCount: number; coupledStreamCount: number; channelMappingTable: number[]; preSkip: number } }[];
  isLastPage: boolean;
  samples: number;
  absoluteGranulePosition: number | bigint;
}

function cutEnd(block: Decoded, excess: number): Decoded {
  if (excess <= 0) return block;
  const kept = Math.max(0, block.samplesDecoded - excess);
  return { ...block, channelData: block.channelData.map((samples) => samples.subarray(0, kept)), samplesDecoded: kept };
}

function joinBlocks(blocks: Decoded[]): Decoded {
  const samplesDecoded = blocks.reduce((sum, block) => sum + block.samplesDecoded, 0);
  const channels = blocks[0]?.channelData.length ?? 0;
  const channelData = Array.from({ length: channels }, (_, channel) => {
    const joined = new Float32Array(samplesDecoded);
    let at = 0;
    for (const block of blocks) {
      joined.set(block.channelData[channel]!, at);
      at += block.samplesDecoded;
    }
    return joined;
  });
  return { channelData, samplesDecoded, sampleRate: blocks[0]?.sampleRate ?? 0, errors: blocks.flatMap(({ errors }) => errors) };
}

/** Bytes in which the first packet of an Ogg file says its codec. */
export const oggHeadBytes = 64;

/**
 * The decoder for a compressed file, its library loaded on first use; undefined for a format that none of them reads.
 * @throws {LlmiError} DEPENDENCY_MISSING
 */
export async function createDecoder(format: AudioFormat, head: Uint8Array): Promise<PieceDecoder | undefined> {
  const start = Buffer.from(head).toString('latin1');
  const create =
    format === 'mp3' ? mp3Decoder : format === 'flac' ? flacDecoder : format !== 'ogg' ? undefined : start.includes('OpusHead') ? opusDecoder : start.includes('\x01vorbis') ? vorbisDecoder : start.includes('\x7fFLAC') ? flacDecoder : undefined;
  try {
    return await create?.();
  } catch (cause) {
    throw new LlmiError('DEPENDENCY_MISSING', { message: `The decoder for ${format} cannot be loaded.`, hint: 'Install the package again with its dependencies.', cause });
  }
}
