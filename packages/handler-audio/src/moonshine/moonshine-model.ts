import { join } from 'node:path';
import { doneEvent, jsonFile, type GenerateEvent } from '@llmi/core';
import { readMono } from '@llmi/media/audio';
import type { OnnxSession } from '@llmi/runtime-onnx';
import { loadSessions } from '../load-sessions.js';
import { numberOf, readJsonFile } from '../model-files.js';
import { prepareRawSound, readRawSound, type RawSound } from '../raw-sound.js';
import { likeliest } from '../seq2seq/choose-token.js';
import { DecoderGraph } from '../seq2seq/decoder-graph.js';
import { soundFeeds } from '../sound-feeds.js';
import type { LoadContext, SoundKind, SoundModel, WorkOf } from '../sound-model.js';
import { openTokenizer, type LibraryTokenizer } from '../tokenizer/library.js';
import type { TranscriptionSegment } from '../transcription.js';
import { piecesOf } from './pieces.js';

/** Moonshine: speech recognition on the waveform itself, for English and short sounds. */
export const moonshineKind: SoundKind = {
  task: 'automatic-speech-recognition',
  graphs: () => [
    ['encoder_model', 'decoder_model_merged'],
    ['encoder_model', 'decoder_model', 'decoder_with_past_model'],
    ['encoder_model', 'decoder_model'],
  ],
  fields: ['audio', 'timestamps', 'maxTokens'],
  modes: { auto: 'Writes down what is said; long sounds are cut where they are quiet.' },
  load: async (context) => MoonshineModel.load(context),
};

/** Speech has no more in a second; more are the model repeating itself. Source: the model card of UsefulSensors/moonshine-base */
const tokensPerSecond = 6.5;

class MoonshineModel implements SoundModel {
  private constructor(
    private readonly encoder: OnnxSession,
    private readonly decoder: DecoderGraph,
    private readonly tokenizer: LibraryTokenizer,
    private readonly raw: RawSound,
    private readonly tokens: { start: number; end: number; longest: number },
  ) {}

  static async load({ folder, model, variants, options }: LoadContext): Promise<MoonshineModel> {
    const tokenizer = openTokenizer(await readJsonFile(folder, 'tokenizer.json'), await readJsonFile(folder, 'tokenizer_config.json'));
    const config = jsonFile(model, 'config.json') ?? {};
    const generation = jsonFile(model, 'generation_config.json') ?? config;
    const heads = numberOf(config, 'decoder_num_key_value_heads', numberOf(config, 'decoder_num_attention_heads', 8));
    const headSize = numberOf(config, 'hidden_size', 288) / numberOf(config, 'decoder_num_attention_heads', 8);
    const tokens = {
      start: numberOf(generation, 'decoder_start_token_id', numberOf(config, 'decoder_start_token_id', 1)),
      end: numberOf(generation, 'eos_token_id', numberOf(config, 'eos_token_id', 2)),
      longest: numberOf(generation, 'max_length', numberOf(config, 'max_position_embeddings', 194)),
    };
    const [encoder, first, next] = await loadSessions(variants.map(({ path }) => join(folder, path)), options);
    return new MoonshineModel(encoder!, new DecoderGraph(first!, next, { heads, headSize }), tokenizer, readRawSound(model, false), tokens);
  }

  async *run({ sound, options }: WorkOf<'automatic-speech-recognition'>, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
    const started = performance.now();
    const { sampleRate } = this.raw;
    const segments: TranscriptionSegment[] = [];
    let duration = 0;
    for await (const { samples, start } of piecesOf(readMono(sound.input, { sampleRate, param: sound.param, signal }), sampleRate)) {
      signal?.throwIfAborted();
      duration = (start + samples.length) / sampleRate;
      const text = await this.#transcribe(samples, options.maxTokens, signal);
      if (text !== '') yield { type: 'text', token: segments.length > 0 ? ` ${text}` : text };
      if (text !== '') segments.push({ start: start / sampleRate, end: duration, text });
      yield { type: 'progress', stage: 'transcribe', step: Math.round(duration), steps: Math.round(duration) };
    }
    yield doneEvent({ type: 'transcription', text: segments.map(({ text }) => text).join(' '), segments, language: 'en', duration }, { run: performance.now() - started });
  }

  async #transcribe(samples: Float32Array, maxTokens: number | undefined, signal?: AbortSignal): Promise<string> {
    const { start, end, longest } = this.tokens;
    const data = prepareRawSound(samples, this.raw);
    const { last_hidden_state: states } = await this.encoder.run(soundFeeds(this.encoder, ['input_values'], [1, data.length], data), { outputs: ['last_hidden_state'], signal });
    const sequence = this.decoder.start(states!, data.length);
    const room = Math.min(maxTokens ?? Infinity, longest - 1, Math.ceil((samples.length / this.raw.sampleRate) * tokensPerSecond));
    const ids: number[] = [];
    for (let token = start; ids.length < room; ) {
      const { logits, rows } = await sequence.step([token], { signal });
      token = likeliest(logits.subarray((logits.length / rows) * (rows - 1)));
      if (token === end) break;
      ids.push(token);
    }
    return this.tokenizer.decode(ids, { skip_special_tokens: true }).trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.encoder, this.decoder.first, this.decoder.next].map((session) => session?.[Symbol.asyncDispose]()));
  }
}
