import { join } from 'node:path';
import { doneEvent, type GenerateEvent } from '@llmi/core';
import { readMono } from '@llmi/media/audio';
import { toFloat32, type OnnxSession, type OnnxTensor } from '@llmi/runtime-onnx';
import { loadSessions } from '../load-sessions.js';
import { onnxVariants } from '../onnx-files.js';
import type { LoadContext, SoundKind, SoundModel, WorkOf } from '../sound-model.js';
import { floats, zeros } from '../tensors.js';
import { SpeechSpans } from './speech-spans.js';

/** Silero VAD: tells speech from everything else, 32 ms at a time. */
export const sileroKind: SoundKind = {
  task: 'voice-activity-detection',
  graphs: (model) => {
    const stems = onnxVariants(model).map(({ stem }) => stem);
    return stems.length === 0 ? [['silero_vad']] : [...stems].sort((left, right) => left.length - right.length).map((stem) => [stem]);
  },
  fields: ['audio', 'threshold'],
  modes: { auto: 'Finds where somebody speaks.' },
  load: async ({ folder, variants, options }: LoadContext) => {
    const [session] = await loadSessions([join(folder, variants[0]!.path)], options);
    return new SileroModel(session!);
  },
};

const sampleRate = 16_000;
/** Samples of one step, and those before them that the graph sees too. */
const [windowSamples, contextSamples] = [512, 64];
/** Steps between two reports. */
const stepsPerReport = 2000;

class SileroModel implements SoundModel {
  constructor(private readonly session: OnnxSession) {}

  async *run({ sound, options }: WorkOf<'voice-activity-detection'>, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    const started = performance.now();
    const spans = new SpeechSpans({ threshold: options.threshold, windowSamples, sampleRate });
    let state = zeros([2, 1, 128]);
    let pending: Float32Array = new Float32Array(contextSamples);
    let samples = 0;
    let steps = 0;
    const step = async (from: number) => {
      const [probability, next] = await this.#step(pending.slice(from, from + contextSamples + windowSamples), state, signal);
      state = next;
      spans.add(probability);
      steps++;
    };
    for await (const block of readMono(sound.input, { sampleRate, param: sound.param, signal })) {
      samples += block.length;
      pending = joined(pending, block);
      let from = 0;
      for (; pending.length - from >= contextSamples + windowSamples; from += windowSamples) {
        signal?.throwIfAborted();
        await step(from);
        if (steps % stepsPerReport === 0) yield { type: 'progress', stage: 'listen', step: Math.round(samples / sampleRate), steps: Math.round(samples / sampleRate) };
      }
      pending = pending.slice(from);
    }
    if (pending.length > contextSamples) {
      pending = joined(pending, new Float32Array(contextSamples + windowSamples - pending.length)); // the last step is filled up with silence
      await step(0);
    }
    const duration = samples / sampleRate;
    const segments = spans.finish(duration).map(({ start, end, score }) => ({ start, end, text: 'speech', score }));
    const text = segments.map(({ start, end }) => `${start.toFixed(2)} to ${end.toFixed(2)} s: speech`).join('\n');
    yield doneEvent({ type: 'transcription', text: text || 'no speech', segments, duration }, { run: performance.now() - started });
  }

  /** Probability of speech in one step, and the state for the next. */
  async #step(window: Float32Array, state: OnnxTensor, signal?: AbortSignal): Promise<[number, OnnxTensor]> {
    const rate: OnnxTensor = { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(sampleRate)) };
    const { output, stateN } = await this.session.run({ input: floats([1, window.length], window), state, sr: rate }, { signal });
    return [toFloat32(output!)[0]!, stateN!];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}

function joined(left: Float32Array, right: Float32Array): Float32Array {
  const both = new Float32Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}
