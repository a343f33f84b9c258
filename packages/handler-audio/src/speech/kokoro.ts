import { join } from 'node:path';
import { LlmiError, type GenerateEvent, type ModelInfo } from '@llmi/core';
import { toFloat32, type OnnxSession, type OnnxTensor } from '@llmi/runtime-onnx';
import { loadSessions } from '../load-sessions.js';
import { readJsonFile } from '../model-files.js';
import type { LoadContext, SoundKind, SoundModel, WorkOf } from '../sound-model.js';
import { floats, integers } from '../tensors.js';
import { phonemesOf } from './phonemes.js';
import { speakText } from './speak.js';
import { VoiceFiles } from './voices.js';

/** Kokoro (StyleTTS 2): phonemes and a voice to sound. */
export const kokoroKind: SoundKind = {
  task: 'text-to-speech',
  graphs: () => [['model']],
  fields: ['prompt', 'voice', 'speed', 'audioFormat'],
  modes: {
    auto: 'Speaks a text; a long one sentence by sentence.',
    phonemes: 'Speaks what is written in the International Phonetic Alphabet.',
  },
  load: async (context) => KokoroModel.load(context),
};

const sampleRate = 24_000;
/** Numbers of a voice for texts of each length. */
const styleSize = 256;
/** Positions of the model, the padding at both ends among them. */
const mostTokens = 512;
const defaultVoice = 'af_heart';

/** Languages that the package writes as phonemes, by the first letter of a voice: American and British English. */
const languages: Record<string, string> = { a: 'en-us', b: 'en-gb' };

const voiceFile = /^voices\/([^/]+)\.bin$/;

/** Voices are tables of one size: one that is shorter than the others was cut off. */
function checkVoices({ files }: ModelInfo): void {
  const voices = files.filter(({ path }) => voiceFile.test(path));
  const whole = Math.max(...voices.map(({ sizeBytes }) => sizeBytes));
  const cut = voices.find(({ sizeBytes }) => sizeBytes !== whole || sizeBytes === 0 || sizeBytes % (styleSize * 4) !== 0);
  if (voices.length === 0) throw new LlmiError('MODEL_FILE_MISSING', { message: 'This model has no voices/NAME.bin.', hint: 'Install it again with its voices.' });
  if (cut) throw new LlmiError('MODEL_FILE_CORRUPT', { message: `The model file ${cut.path} has ${cut.sizeBytes} bytes instead of ${whole}.`, hint: 'It is incomplete: install the model again.' });
}

class KokoroModel implements SoundModel {
  private constructor(
    private readonly session: OnnxSession,
    private readonly vocabulary: ReadonlyMap<string, number>,
    private readonly voices: VoiceFiles,
  ) {}

  static async load({ folder, model, variants, options }: LoadContext): Promise<KokoroModel> {
    checkVoices(model);
    const file = await readJsonFile(folder, 'tokenizer.json');
    const vocabulary = new Map(Object.entries(((file.model as { vocab?: Record<string, number> } | undefined)?.vocab ?? {}) as Record<string, number>));
    const [session] = await loadSessions([join(folder, variants[0]!.path)], options);
    return new KokoroModel(session!, vocabulary, new VoiceFiles(folder, model, voiceFile));
  }

  async *run({ text, options, isPhonemes }: WorkOf<'text-to-speech'>, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    const voice = options.voice ?? (this.voices.names.includes(defaultVoice) ? defaultVoice : this.voices.names[0]!);
    const styles = await this.voices.load(voice);
    const language = languages[voice[0]!];
    if (language === undefined && !isPhonemes) {
      throw new LlmiError('INPUT_UNSUPPORTED', { message: `Text in the language of the voice "${voice}" cannot be written as phonemes here.`, hint: 'Give phonemes yourself, with mode "phonemes", or use another voice.', param: 'voice' });
    }
    const speak = async (part: string) => this.#speak(isPhonemes ? part : await phonemesOf(part, language!), styles, options.speed ?? 1, signal);
    yield* speakText(text, speak, { sampleRate, options, metadata: { voice } }, signal);
  }

  async #speak(phonemes: string, styles: Float32Array, speed: number, signal?: AbortSignal): Promise<Float32Array> {
    const ids = Array.from(phonemes).flatMap((phoneme) => this.vocabulary.get(phoneme) ?? []).slice(0, mostTokens - 2);
    if (ids.length === 0) return new Float32Array(0);
    const row = Math.min(ids.length, styles.length / styleSize - 1); // of the voice, by the length of the text
    const values: Record<string, OnnxTensor> = {
      input_ids: integers([1, ids.length + 2], [0, ...ids, 0]),
      style: floats([1, styleSize], styles.slice(row * styleSize, (row + 1) * styleSize)),
      speed: floats([1], Float32Array.of(speed)),
    };
    values.tokens = values.input_ids!; // as older exports call it
    const feeds = Object.fromEntries(this.session.inputs.map(({ name }) => [name, values[name]!]));
    const name = this.session.outputs[0]!.name;
    const results = await this.session.run(feeds, { outputs: [name], signal });
    return toFloat32(results[name]!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}
