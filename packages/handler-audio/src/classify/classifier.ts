import { join } from 'node:path';
import { doneEvent, jsonFile, LlmiError, type GenerateEvent, type ModelInfo } from '@llmi/core';
import { decodeMono } from '@llmi/media/audio';
import { toFloat32, type OnnxSession } from '@llmi/runtime-onnx';
import { loadSessions } from '../load-sessions.js';
import { soundFeeds } from '../sound-feeds.js';
import type { LoadContext, SoundKind, SoundModel, WorkOf } from '../sound-model.js';
import { classifierInput, type ClassifierInput } from './classifier-input.js';
import { bestLabels, softmax } from './labels.js';

/** Sounds to labels: wav2vec2, HuBERT, WavLM and others with a head for it, AST, the encoder of Whisper. */
export const classifierKind: SoundKind = {
  task: 'audio-classification',
  graphs: () => [['model']],
  fields: ['audio', 'topK', 'threshold'],
  modes: { auto: 'Names what is heard, the likeliest first.' },
  load: async (context) => SoundClassifier.load(context),
};

class SoundClassifier implements SoundModel {
  private constructor(
    private readonly session: OnnxSession,
    private readonly input: ClassifierInput,
    private readonly names: (index: number) => string,
  ) {}

  static async load({ folder, model, variants, options }: LoadContext): Promise<SoundClassifier> {
    const input = classifierInput(model);
    const [session] = await loadSessions([join(folder, variants[0]!.path)], options);
    return new SoundClassifier(session!, input, labelNames(model));
  }

  async *run({ sound, options }: WorkOf<'audio-classification'>, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    const { sampleRate, maxSeconds, names, prepare } = this.input;
    const started = performance.now();
    const samples = await decodeMono(sound.input, { sampleRate, maxSeconds, param: sound.param, signal });
    const { shape, data } = prepare(samples);
    const mark = performance.now();
    const { logits } = await this.session.run(soundFeeds(this.session, names, shape, data), { outputs: ['logits'], signal });
    const scores = softmax(toFloat32(logits!));
    if (scores.some(Number.isNaN)) throw new LlmiError('INPUT_INVALID', { message: 'The model gives no answer to this sound.', hint: 'It may be too short: send a second or more.', param: sound.param });
    yield doneEvent({ type: 'classification', labels: bestLabels(scores, this.names, options) }, { decode: mark - started, run: performance.now() - mark });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}

function labelNames(model: ModelInfo): (index: number) => string {
  const names = (jsonFile(model, 'config.json')?.id2label ?? {}) as Record<string, unknown>;
  return (index) => (typeof names[index] === 'string' ? names[index] : `LABEL_${index}`);
}
