import { join } from 'node:path';
import { jsonFile, LlmiError, type GenerateEvent } from '@llmi/core';
import { toFloat32, type OnnxSession, type OnnxTensor } from '@llmi/runtime-onnx';
import { loadSessions } from '../load-sessions.js';
import { numberOf, readJsonFile } from '../model-files.js';
import type { LoadContext, SoundKind, SoundModel, WorkOf } from '../sound-model.js';
import { floats, integers, ones, zeros } from '../tensors.js';
import { openTokenizer, type LibraryTokenizer } from '../tokenizer/library.js';
import { changeSpeed } from './change-speed.js';
import { speakText } from './speak.js';
import { VoiceFiles } from './voices.js';

/** SpeechT5: characters and a voice to a mel spectrogram, frame by frame, and by a vocoder to sound. */
export const speecht5Kind: SoundKind = {
  task: 'text-to-speech',
  graphs: () => [
    ['encoder_model', 'decoder_postnet_and_vocoder', 'decoder_model_merged'],
    ['encoder_model', 'decoder_postnet_and_vocoder', 'decoder_model', 'decoder_with_past_model'],
  ],
  fields: ['prompt', 'voice', 'speed', 'audioFormat'],
  modes: { auto: 'Speaks a text; a long one sentence by sentence.' },
  load: async (context) => SpeechT5Model.load(context),
};

/** Of the vocoder that the model comes with. */
const sampleRate = 16_000;
/** Probability of the end, and spectra for one character at most. Source: the defaults of `generate_speech` of transformers 4.57 */
const [endThreshold, mostFramesPerToken] = [0.5, 20];

interface Graphs {
  encoder: OnnxSession;
  vocoder: OnnxSession;
  first: OnnxSession;
  next: OnnxSession | undefined;
}

class SpeechT5Model implements SoundModel {
  private constructor(
    private readonly graphs: Graphs,
    private readonly tokenizer: LibraryTokenizer,
    private readonly voices: VoiceFiles,
    private readonly facts: { mels: number; heads: number; headSize: number; reduction: number; speakerSize: number; positions: number },
  ) {}

  static async load({ folder, model, variants, options }: LoadContext): Promise<SpeechT5Model> {
    const tokenizer = openTokenizer(await readJsonFile(folder, 'tokenizer.json'), await readJsonFile(folder, 'tokenizer_config.json'));
    const config = jsonFile(model, 'config.json') ?? {};
    const heads = numberOf(config, 'decoder_attention_heads', 12);
    const facts = { mels: numberOf(config, 'num_mel_bins', 80), heads, headSize: numberOf(config, 'hidden_size', 768) / heads, reduction: numberOf(config, 'reduction_factor', 2), speakerSize: numberOf(config, 'speaker_embedding_dim', 512), positions: numberOf(config, 'max_text_positions', 450) };
    const [encoder, vocoder, first, next] = await loadSessions(variants.map(({ path }) => join(folder, path)), options);
    const voices = new VoiceFiles(folder, model, /^(?:(?:voices|speaker_embeddings)\/)?(speaker_embeddings|(?<=\/)[^/]+)\.bin$/);
    return new SpeechT5Model({ encoder: encoder!, vocoder: vocoder!, first: first!, next }, tokenizer, voices, facts);
  }

  async *run({ text, options }: WorkOf<'text-to-speech'>, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    const name = options.voice ?? this.voices.names[0];
    if (name === undefined) {
      throw new LlmiError('INPUT_UNSUPPORTED', {
        message: 'This model speaks with a voice that it is given, and there is none in its folder.',
        hint: `Put one into its folder, as voices/NAME.bin: a speaker embedding of ${this.facts.speakerSize} little-endian float32 numbers, such as those of Matthijs/cmu-arctic-xvectors.`,
        param: 'voice',
      });
    }
    const voice = await this.voices.load(name);
    if (voice.length !== this.facts.speakerSize) throw new LlmiError('MODEL_FILE_CORRUPT', { message: `The voice "${name}" has ${voice.length} numbers instead of ${this.facts.speakerSize}.`, hint: 'Use a speaker embedding that was made for SpeechT5.' });
    const speak = async (part: string) => changeSpeed(await this.#speak(part, voice, signal), sampleRate, options.speed ?? 1);
    yield* speakText(text, speak, { sampleRate, mostCharacters: this.facts.positions - 3, options, metadata: { voice: name } }, signal);
  }

  async #speak(text: string, voice: Float32Array, signal?: AbortSignal): Promise<Float32Array> {
    const { ids } = this.tokenizer.encode(text);
    if (ids.length === 0) return new Float32Array(0);
    const spectrogram = await this.#draw(ids, voice, signal);
    const { waveform } = await this.graphs.vocoder.run({ spectrogram: floats([spectrogram.length / this.facts.mels, this.facts.mels], spectrogram) }, { outputs: ['waveform'], signal });
    return toFloat32(waveform!);
  }

  /** Spectra, a few at a time, each step seeing those before. [frames, mels] */
  async #draw(ids: readonly number[], voice: Float32Array, signal?: AbortSignal): Promise<Float32Array> {
    const { mels, reduction } = this.facts;
    const { encoder_outputs: states, encoder_attention_mask: mask } = await this.graphs.encoder.run({ input_ids: integers([1, ids.length], ids) }, { signal });
    const mostSteps = Math.floor((states!.shape[1]! * mostFramesPerToken) / reduction);
    const spectra: Float32Array[] = [];
    let sequence = zeros([1, 1, mels]);
    let cache: Record<string, OnnxTensor> = {};
    for (let step = 1; ; step++) {
      signal?.throwIfAborted();
      const session = step === 1 ? this.graphs.first : (this.graphs.next ?? this.graphs.first);
      const given: Record<string, OnnxTensor> = { output_sequence: sequence, speaker_embeddings: floats([1, voice.length], voice), encoder_hidden_states: states!, encoder_attention_mask: mask ?? ones([1, ids.length]), use_cache_branch: { dtype: 'bool', shape: [1], data: Uint8Array.of(step === 1 ? 0 : 1) } };
      const feeds = Object.fromEntries(session.inputs.map(({ name }) => [name, given[name] ?? cache[name] ?? zeros([1, this.facts.heads, 0, this.facts.headSize])]));
      const outputs = session.outputs.map(({ name }) => name).filter((name) => step === 1 || !name.includes('.encoder.'));
      const results = await session.run(feeds, { outputs, signal });
      const present = Object.entries(results).filter(([name]) => name.startsWith('present'));
      cache = { ...cache, ...Object.fromEntries(present.map(([name, tensor]) => [name.replace('present', 'past_key_values'), tensor])) };
      spectra.push(toFloat32(results.spectrum!));
      sequence = results.output_sequence_out!;
      const end = toFloat32(results.prob!).reduce((sum, value) => sum + value, 0);
      if (end >= endThreshold || step >= mostSteps) break;
    }
    const whole = new Float32Array(spectra.length * reduction * mels);
    spectra.forEach((spectrum, index) => whole.set(spectrum, index * reduction * mels));
    return whole;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Object.values(this.graphs).map((session: OnnxSession | undefined) => session?.[Symbol.asyncDispose]()));
  }
}
