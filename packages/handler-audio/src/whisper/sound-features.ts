import { MelSpectrogram, readMono, type AudioInput, type ReadAudioOptions } from '@llmi/media/audio';
import type { WhisperSettings } from './whisper-settings.js';

/** How a sound is read. */
export type ListenOptions = Omit<ReadAudioOptions, 'sampleRate'>;

/** The log-mel spectrogram of a sound, given window by window. */
export interface SoundFeatures {
  seconds: number;
  /** Frames that are gone through: of a short sound those of a whole window, filled up with silence. */
  frames: number;
  /** Frames that the sound itself has. */
  soundFrames: number;
  isShort: boolean;
  /** [mels, frames of a window] from a frame on, zeros behind the end; `from` must not go back. */
  window(from: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Below the loudest value of the whole sound, in powers of ten, everything is equally silent. */
const dynamicRange = 8;

function spectrogram({ mels, sampleRate, fftSize, hopLength }: WhisperSettings): MelSpectrogram {
  return new MelSpectrogram({ sampleRate, fftSize, hopLength, mels, minFrequency: 0, maxFrequency: 8000, scale: 'slaney', slaneyNorm: true, window: 'hann', center: true, dropLast: true, floor: 1e-10, log: 'log10' });
}

/** Of the spectrogram of a sound that is kept: about a quarter of an hour. What is longer is read a second time. */
const keptBytes = 32_000_000;

/**
 * Reads a sound once for its length and its loudest value, which every frame depends on. A long one is then read a second time, as its
 * frames are wanted, so that memory does not grow with it.
 * Source: WhisperFeatureExtractor of transformers 4.57
 * @throws {LlmiError} what `readMono` throws
 */
export async function openFeatures(input: AudioInput, settings: WhisperSettings, options: ListenOptions): Promise<SoundFeatures> {
  const { chunkSamples, sampleRate, hopLength } = settings;
  const mel = spectrogram(settings);
  const beginning = new Float32Array(chunkSamples);
  let samples = 0;
  let highest = -Infinity;
  let kept: Float32Array[] | undefined = [];
  let bytes = 0;
  const note = (frames: Float32Array) => {
    for (const value of frames) if (value > highest) highest = value;
    bytes += frames.byteLength;
    if (bytes > keptBytes) kept = undefined;
    kept?.push(frames);
  };
  for await (const block of readMono(input, { ...options, sampleRate })) {
    const room = Math.max(0, chunkSamples - samples);
    beginning.set(block.subarray(0, room), Math.min(samples, chunkSamples));
    if (samples <= chunkSamples && block.length > room) note(mel.push(beginning));
    samples += block.length;
    if (block.length > room) note(mel.push(block.subarray(room)));
    await new Promise((resolve) => setImmediate(resolve)); // a long file must not hold the thread
  }
  const facts = { seconds: samples / sampleRate, soundFrames: Math.floor(samples / hopLength) };
  if (samples <= chunkSamples) return shortFeatures(beginning, settings, facts);
  note(mel.finish());
  return longFeatures(kept ? keptFrames(kept) : framesOf(input, settings, options), settings, highest, facts);
}

async function* keptFrames(parts: readonly Float32Array[]): AsyncGenerator<Float32Array> {
  yield* parts;
}

async function* framesOf(input: AudioInput, settings: WhisperSettings, options: ListenOptions): AsyncGenerator<Float32Array> {
  const mel = spectrogram(settings);
  for await (const block of readMono(input, { ...options, sampleRate: settings.sampleRate })) yield mel.push(block);
  yield mel.finish();
}

function shortFeatures(padded: Float32Array, settings: WhisperSettings, facts: { seconds: number; soundFrames: number }): SoundFeatures {
  const mel = spectrogram(settings);
  const [body, rest] = [mel.push(padded), mel.finish()];
  const frames = new Float32Array(body.length + rest.length);
  frames.set(body);
  frames.set(rest, body.length);
  const highest = frames.reduce((best, value) => Math.max(best, value), -Infinity);
  return {
    ...facts,
    frames: settings.chunkFrames,
    isShort: true,
    window: async (from) => arrange(frames.subarray(from * settings.mels), settings, highest),
    close: async () => undefined,
  };
}

function longFeatures(blocks: AsyncGenerator<Float32Array>, settings: WhisperSettings, highest: number, facts: { seconds: number; soundFrames: number }): SoundFeatures {
  const { mels, chunkFrames } = settings;
  let pending: Float32Array = new Float32Array(0); // [frames, mels]
  let first = 0; // frame that `pending` begins with
  let ended = false;
  return {
    ...facts,
    frames: facts.soundFrames,
    isShort: false,
    async window(from) {
      const parts = [pending.subarray(Math.min(pending.length, (from - first) * mels))];
      let skipped = Math.max(0, from - first - pending.length / mels) * mels;
      let length = parts[0]!.length;
      while (length < chunkFrames * mels && !ended) {
        const { value: frames, done } = await blocks.next();
        ended = done === true;
        if (ended) break;
        const kept = frames.subarray(Math.min(skipped, frames.length));
        skipped -= frames.length - kept.length;
        parts.push(kept);
        length += kept.length;
      }
      pending = new Float32Array(length);
      let at = 0;
      for (const part of parts) {
        pending.set(part, at);
        at += part.length;
      }
      first = from;
      return arrange(pending, settings, highest);
    },
    close: async () => void (await blocks.return(undefined)),
  };
}

/** [frames, mels] to the [mels, frames] of one window, in the range that the encoder was trained on. */
function arrange(frames: Float32Array, { mels, chunkFrames }: WhisperSettings, highest: number): Float32Array {
  const window = new Float32Array(mels * chunkFrames);
  const count = Math.min(chunkFrames, frames.length / mels);
  for (let frame = 0; frame < count; frame++) {
    for (let mel = 0; mel < mels; mel++) window[mel * chunkFrames + frame] = (Math.max(frames[frame * mels + mel]!, highest - dynamicRange) + 4) / 4;
  }
  return window;
}
