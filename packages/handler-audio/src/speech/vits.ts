import { join } from 'node:path';
import { jsonFile, LlmiError, type GenerateEvent } from '@llmi/core';
import { toFloat32, type OnnxSession, type OnnxTensor } from '@llmi/runtime-onnx';
import { loadSessions } from '../load-sessions.js';
import { numberOf } from '../model-files.js';
import type { LoadContext, SoundKind, SoundModel, WorkOf } from '../sound-model.js';
import { integers, ones } from '../tensors.js';
import { changeSpeed } from './change-speed.js';
import { speakText } from './speak.js';
import { VitsText } from './vits-text.js';

/** VITS, MMS: one graph from characters to sound. */
export const vitsKind: SoundKind = {
  task: 'text-to-speech',
  graphs: () => [['model']],
  fields: ['prompt', 'voice', 'speed', 'audioFormat', 'seed'],
  modes: { auto: 'Speaks a text; a long one sentence by sentence.' },
  load: async (context) => VitsModel.load(context),
};

class VitsModel implements SoundModel {
  private constructor(
    private readonly session: OnnxSession,
    private readonly text: VitsText,
    private readonly facts: { sampleRate: number; speakers: number; isRandom: boolean },
  ) {}

  static async load({ folder, model, variants, options }: LoadContext): Promise<VitsModel> {
    const config = jsonFile(model, 'config.json') ?? {};
    const text = await VitsText.load(folder, model);
    const [session] = await loadSessions([join(folder, variants[0]!.path)], options);
    const isRandom = numberOf(config, 'noise_scale', 0.667) > 0 || (config.use_stochastic_duration_prediction !== false && numberOf(config, 'noise_scale_duration', 0.8) > 0);
    return new VitsModel(session!, text, { sampleRate: numberOf(config, 'sampling_rate', 16_000), speakers: numberOf(config, 'num_speakers', 1), isRandom });
  }

  async *run({ text, options }: WorkOf<'text-to-speech'>, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    const { sampleRate, isRandom } = this.facts;
    if (options.seed !== undefined && isRandom) {
      throw new LlmiError('INPUT_UNSUPPORTED', { message: 'This model draws its random numbers inside its graph, where no seed reaches.', hint: 'Leave "seed" out.', param: 'seed' });
    }
    const speaker = this.#speaker(options.voice);
    const speak = async (part: string) => changeSpeed(await this.#speak(part, speaker, signal), sampleRate, options.speed ?? 1);
    yield* speakText(text, speak, { sampleRate, options, metadata: options.voice === undefined ? {} : { voice: options.voice } }, signal);
  }

  async #speak(text: string, speaker: number, signal?: AbortSignal): Promise<Float32Array> {
    const ids = this.text.encode(text);
    if (ids.length === 0) return new Float32Array(0);
    const values: Record<string, OnnxTensor> = { input_ids: integers([1, ids.length], ids), attention_mask: ones([1, ids.length]), speaker_id: integers([1], [speaker]), sid: integers([1], [speaker]) };
    const unknown = this.session.inputs.find(({ name }) => !(name in values));
    if (unknown) throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The graph of this model takes "${unknown.name}", which is not known here.`, hint: 'Export it with optimum, as text-to-audio.' });
    const feeds = Object.fromEntries(this.session.inputs.map(({ name }) => [name, values[name]!]));
    const { waveform } = await this.session.run(feeds, { outputs: ['waveform'], signal });
    return toFloat32(waveform!);
  }

  /** Voices of a model with several speakers are their numbers. */
  #speaker(voice: string | undefined): number {
    const speaker = voice === undefined || voice === 'default' ? 0 : Number(voice);
    if (Number.isInteger(speaker) && speaker >= 0 && speaker < this.facts.speakers) return speaker;
    throw new LlmiError('INPUT_UNSUPPORTED', {
      message: `This model has no voice "${voice}".`,
      hint: this.facts.speakers > 1 ? `Use a number from 0 to ${this.facts.speakers - 1}.` : 'It has one voice: leave "voice" out, or say "default".',
      param: 'voice',
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}
