import { doneEvent, LlmiError, type GenerateEvent } from '@llmi/core';
import { writeMp3, writeWav } from '@llmi/media/audio';
import type { SpeechFormat, SpeechOptions } from '../sound-model.js';
import { splitText } from './split-text.js';

/** Silence between two parts of a long text, in seconds. */
const pauseSeconds = 0.2;

/** Spoken at once: a paragraph. The sound of a longer text begins sooner when it comes part by part. */
const paragraphCharacters = 250;

interface SpeakContext {
  sampleRate: number;
  /** That the model can take. */
  mostCharacters?: number;
  options: SpeechOptions;
  /** What to say of the sound beside its format and length. */
  metadata: Record<string, unknown>;
}

/** What a voice makes of one part of a text. */
export type SpeakPart = (text: string, signal?: AbortSignal) => Promise<Float32Array>;

/**
 * Speaks a text, a long one part by part: each comes as an `audio` event when it is spoken, and all of them at the end as one file.
 * @throws {LlmiError} INPUT_INVALID when there is nothing to say
 */
export async function* speakText(text: string, speak: SpeakPart, { sampleRate, mostCharacters, options, metadata }: SpeakContext, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
  const started = performance.now();
  const parts = splitText(text, Math.min(mostCharacters ?? paragraphCharacters, paragraphCharacters));
  const format = options.format ?? 'wav';
  const spoken: Float32Array[] = [];
  for (const [index, part] of parts.entries()) {
    signal?.throwIfAborted();
    const samples = await speak(part, signal);
    spoken.push(samples);
    if (parts.length === 1) break;
    yield { type: 'audio', index, mimeType: mimeTypes[format], data: await fileOf(samples, sampleRate, format, signal) };
    yield { type: 'progress', stage: 'speak', step: index + 1, steps: parts.length };
  }
  const whole = joinParts(spoken, Math.round(pauseSeconds * sampleRate));
  if (whole.length === 0) throw new LlmiError('INPUT_INVALID', { message: 'The model has nothing to say to this text.', hint: 'Give a text in the letters of its language.', param: 'prompt' });
  const ran = performance.now();
  const audio = await fileOf(whole, sampleRate, format, signal);
  yield doneEvent({ type: 'audio', audio, metadata: { format, sampleRate, duration: whole.length / sampleRate, ...metadata } }, { run: ran - started, encode: performance.now() - ran });
}

const mimeTypes: Record<SpeechFormat, string> = { wav: 'audio/wav', mp3: 'audio/mpeg' };

async function fileOf(samples: Float32Array, sampleRate: number, format: SpeechFormat, signal?: AbortSignal): Promise<string> {
  const bytes = format === 'mp3' ? await writeMp3([samples], sampleRate, { signal }) : writeWav([samples], { sampleRate });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function joinParts(parts: readonly Float32Array[], pause: number): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0) + pause * Math.max(0, parts.length - 1));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length + pause;
  }
  return whole;
}
