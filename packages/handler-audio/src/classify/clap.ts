import { join } from 'node:path';
import { doneEvent, jsonFile, LlmiError, type GenerateEvent } from '@llmi/core';
import { decodeMono, MelSpectrogram, type MelSpectrogramOptions } from '@llmi/media/audio';
import { toFloat32, type OnnxSession, type OnnxTensor } from '@llmi/runtime-onnx';
import { loadSessions } from '../load-sessions.js';
import { numberOf, readJsonFile } from '../model-files.js';
import type { LoadContext, SoundKind, SoundModel, WorkOf } from '../sound-model.js';
import { floats, integers } from '../tensors.js';
import { openTokenizer, type LibraryTokenizer } from '../tokenizer/library.js';
import { bestLabels, softmax } from './labels.js';

/** CLAP: which of any labels fits a sound best. */
export const clapKind: SoundKind = {
  task: 'zero-shot-audio-classification',
  graphs: () => [['model']],
  fields: ['audio', 'labels', 'prompt', 'topK', 'threshold'],
  modes: { auto: 'Chooses among labels of your own, the best first.' },
  load: async (context) => ClapClassifier.load(context),
};

/** The sentence around a label, unless another is asked for. As in transformers' pipeline. */
const defaultTemplate = 'This is a sound of {}.';
const maxSeconds = 3600;

class ClapClassifier implements SoundModel {
  private constructor(
    private readonly session: OnnxSession,
    private readonly tokenizer: LibraryTokenizer,
    private readonly padId: number,
    private readonly spectrogram: MelSpectrogramOptions,
    /** Samples that every sound is brought to. */
    private readonly length: number,
  ) {}

  static async load({ folder, model, variants, options }: LoadContext): Promise<ClapClassifier> {
    const tokenizer = openTokenizer(await readJsonFile(folder, 'tokenizer.json'), await readJsonFile(folder, 'tokenizer_config.json'));
    const extractor = jsonFile(model, 'preprocessor_config.json') ?? {};
    const text = (jsonFile(model, 'config.json')?.text_config ?? {}) as Record<string, unknown>;
    const sampleRate = numberOf(extractor, 'sampling_rate', 48_000);
    const isFusion = (extractor.truncation ?? 'fusion') === 'fusion';
    const spectrogram: MelSpectrogramOptions = {
      sampleRate,
      fftSize: numberOf(extractor, 'fft_window_size', 1024),
      hopLength: numberOf(extractor, 'hop_length', 480),
      mels: numberOf(extractor, 'feature_size', 64),
      minFrequency: numberOf(extractor, 'frequency_min', 0),
      maxFrequency: numberOf(extractor, 'frequency_max', 14_000),
      scale: isFusion ? 'htk' : 'slaney',
      slaneyNorm: !isFusion,
      window: 'hann',
      center: true,
      floor: 1e-10,
      log: 'dB',
    };
    const length = numberOf(extractor, 'nb_max_samples', numberOf(extractor, 'max_length_s', 10) * sampleRate);
    const [session] = await loadSessions([join(folder, variants[0]!.path)], options);
    return new ClapClassifier(session!, tokenizer, numberOf(text, 'pad_token_id', 1), spectrogram, length);
  }

  async *run({ sound, options }: WorkOf<'zero-shot-audio-classification'>, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    const { labels = [], template = defaultTemplate } = options;
    const started = performance.now();
    const samples = await decodeMono(sound.input, { sampleRate: this.spectrogram.sampleRate, maxSeconds, param: sound.param, signal });
    const texts = labels.map((label) => this.tokenizer.encode(template.replace('{}', label)).ids);
    const mark = performance.now();
    const { logits_per_audio: logits } = await this.session.run(this.#feeds(this.#features(samples), texts), { outputs: ['logits_per_audio'], signal });
    const best = bestLabels(softmax(toFloat32(logits!)), (index) => labels[index]!, { topK: Infinity, ...options });
    yield doneEvent({ type: 'classification', labels: best }, { decode: mark - started, run: performance.now() - mark });
  }

  /** A short sound is repeated as often as it fits, as it was in training; of a long one the beginning is heard. [frames, mels] */
  #features(samples: Float32Array): Float32Array {
    const sound = new Float32Array(this.length);
    const copies = Math.max(1, Math.floor(this.length / samples.length));
    for (let copy = 0; copy < copies; copy++) sound.set(samples.subarray(0, this.length), copy * samples.length);
    const spectrogram = new MelSpectrogram(this.spectrogram);
    const [body, rest] = [spectrogram.push(sound), spectrogram.finish()];
    const frames = new Float32Array(body.length + rest.length);
    frames.set(body);
    frames.set(rest, body.length);
    return frames;
  }

  #feeds(frames: Float32Array, texts: readonly number[][]): Record<string, OnnxTensor> {
    const tokens = Math.max(...texts.map((ids) => ids.length));
    const rows = (valueAt: (ids: readonly number[], at: number) => number) => integers([texts.length, tokens], texts.flatMap((ids) => Array.from({ length: tokens }, (_, at) => valueAt(ids, at))));
    const feeds: Record<string, OnnxTensor> = {};
    for (const { name, dtype, shape } of this.session.inputs) {
      if (name === 'input_ids') feeds[name] = rows((ids, at) => ids[at] ?? this.padId);
      else if (name === 'attention_mask') feeds[name] = rows((ids, at) => (at < ids.length ? 1 : 0));
      else if (name === 'input_features') feeds[name] = this.#sound(frames, shape[1], dtype);
      else if (name === 'is_longer') feeds[name] = { dtype: 'bool', shape: [1, 1], data: Uint8Array.of(1) }; // transformers sets it for one of the sounds at least
      else throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The graph of this model takes "${name}", which is not known here.`, hint: 'Export the model again with optimum.' });
    }
    return feeds;
  }

  /** [1, views, frames, mels]: models that fuse several views of a long sound see a short one four times. */
  #sound(frames: Float32Array, views: number | string | undefined, dtype: OnnxTensor['dtype'] | undefined): OnnxTensor {
    const { mels, scale } = this.spectrogram;
    const count = typeof views === 'number' ? views : scale === 'htk' ? 4 : 1;
    const data = new Float32Array(count * frames.length);
    for (let view = 0; view < count; view++) data.set(frames, view * frames.length);
    return floats([1, count, frames.length / mels, mels], data, dtype);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}
