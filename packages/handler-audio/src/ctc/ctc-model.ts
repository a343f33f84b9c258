import { join } from 'node:path';
import { doneEvent, jsonFile, type GenerateEvent } from '@llmi/core';
import { readMono } from '@llmi/media/audio';
import { toFloat32, type OnnxSession } from '@llmi/runtime-onnx';
import { loadSessions } from '../load-sessions.js';
import { prepareRawSound, readRawSound, type RawSound } from '../raw-sound.js';
import { likeliest } from '../seq2seq/choose-token.js';
import { soundFeeds } from '../sound-feeds.js';
import type { LoadContext, SoundKind, SoundModel, WorkOf } from '../sound-model.js';
import { chunksOf, type SoundChunk } from './chunks.js';
import { CtcVocabulary, segmentsOf } from './ctc-vocabulary.js';

/** wav2vec2, HuBERT, WavLM and others that give a character, or none, for each frame. */
export const ctcKind: SoundKind = {
  task: 'automatic-speech-recognition',
  graphs: () => [['model']],
  fields: ['audio', 'timestamps'],
  modes: { auto: 'Writes down what is said; long sounds in parts that overlap.' },
  load: async (context) => CtcModel.load(context),
};

/** Strides of the convolutions of wav2vec2 where the configuration leaves them out: 20 ms for a frame. */
const usualStrides = [5, 2, 2, 2, 2, 2, 2];

class CtcModel implements SoundModel {
  private constructor(
    private readonly session: OnnxSession,
    private readonly vocabulary: CtcVocabulary,
    private readonly raw: RawSound,
    /** Samples for one frame. */
    private readonly stride: number,
  ) {}

  static async load({ folder, model, variants, options }: LoadContext): Promise<CtcModel> {
    const vocabulary = await CtcVocabulary.load(folder, model);
    const strides = jsonFile(model, 'config.json')?.conv_stride;
    const stride = (Array.isArray(strides) ? (strides as number[]) : usualStrides).reduce((product, value) => product * value, 1);
    const [session] = await loadSessions([join(folder, variants[0]!.path)], options);
    return new CtcModel(session!, vocabulary, readRawSound(model, true), stride);
  }

  async *run({ sound, options }: WorkOf<'automatic-speech-recognition'>, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    const started = performance.now();
    const { sampleRate } = this.raw;
    const frames: number[] = [];
    let samples = 0;
    for await (const chunk of chunksOf(readMono(sound.input, { sampleRate, param: sound.param, signal }), { sampleRate, alignTo: this.stride })) {
      signal?.throwIfAborted();
      frames.push(...(await this.#framesOf(chunk, signal)));
      samples = chunk.end;
      if (!chunk.isLast) yield { type: 'progress', stage: 'transcribe', step: Math.round(samples / sampleRate), steps: Math.round(samples / sampleRate) };
    }
    const { text, words } = this.vocabulary.decode(frames);
    const second = (frame: number) => Math.round((frame * this.stride * 1000) / sampleRate) / 1000;
    const timed = words.map(({ word, from, to }) => ({ word, start: second(from), end: second(to) }));
    if (text !== '') yield { type: 'text', token: text };
    yield doneEvent({ type: 'transcription', text, segments: segmentsOf(timed, options.timestamps === 'word'), duration: samples / sampleRate }, { run: performance.now() - started });
  }

  /** The likeliest token of each frame, those left out that the neighbours of a chunk hear better. */
  async #framesOf({ samples, left, right }: SoundChunk, signal?: AbortSignal): Promise<number[]> {
    const data = prepareRawSound(samples, this.raw);
    const { logits } = await this.session.run(soundFeeds(this.session, ['input_values'], [1, data.length], data), { outputs: ['logits'], signal });
    const [, count, size] = logits!.shape as [number, number, number];
    const values = toFloat32(logits!);
    const total = Math.round(samples.length / this.stride); // Python cuts at this length, and the model may give a frame less
    const [from, to] = [Math.round((left / samples.length) * total), total - Math.round((right / samples.length) * total)];
    const frames = Array.from({ length: count }, (_, frame) => likeliest(values.subarray(frame * size, (frame + 1) * size)));
    return left === 0 && right === 0 ? frames : frames.slice(from, to);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}
