import { join } from 'node:path';
import type { OnnxLoadOptions, OnnxSession, OnnxTensor } from '@llmi/runtime-onnx';
import type { ModelInfo } from '@llmi/core';
import { chooseGraphs, type GraphSets, type OnnxVariant } from '../onnx-files.js';
import { loadSessions } from '../load-sessions.js';
import { DecoderGraph } from '../seq2seq/decoder-graph.js';
import { likeliest } from '../seq2seq/choose-token.js';
import { floats } from '../tensors.js';
import { readWhisperSettings, type WhisperSettings } from './whisper-settings.js';
import { WhisperTokenizer } from './whisper-tokenizer.js';

/** Merged, in two graphs, or without a cache. */
export const whisperGraphs: GraphSets = [
  ['encoder_model', 'decoder_model_merged'],
  ['encoder_model', 'decoder_model', 'decoder_with_past_model'],
  ['encoder_model', 'decoder_model'],
];

/** Whisper in memory: what its encoder hears, and its decoder says. */
export class WhisperModel implements AsyncDisposable {
  private constructor(
    private readonly encoder: OnnxSession,
    readonly decoder: DecoderGraph,
    readonly settings: WhisperSettings,
    readonly tokenizer: WhisperTokenizer,
  ) {}

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_LOAD_FAILED, FILE_CHOICE_EMPTY */
  static async load(folder: string, model: ModelInfo, variants: readonly OnnxVariant[], options: OnnxLoadOptions): Promise<WhisperModel> {
    const tokenizer = await WhisperTokenizer.load(folder);
    const settings = readWhisperSettings(model, tokenizer);
    const [encoder, first, next] = await loadSessions(variants.map(({ path }) => join(folder, path)), options);
    return new WhisperModel(encoder!, new DecoderGraph(first!, next, { heads: settings.decoderHeads, headSize: settings.headSize }), settings, tokenizer);
  }

  static graphs(model: ModelInfo, dtype?: string): OnnxVariant[] {
    return chooseGraphs(model, whisperGraphs, dtype);
  }

  /** `window` [mels, frames] to [1, positions, hidden size]. */
  async encode(window: Float32Array, signal?: AbortSignal): Promise<OnnxTensor> {
    const { mels, chunkFrames } = this.settings;
    const input = this.encoder.inputs[0]!;
    const results = await this.encoder.run({ [input.name]: floats([1, mels, chunkFrames], window, input.dtype) }, { outputs: ['last_hidden_state'], signal });
    return results.last_hidden_state!;
  }

  /** The language spoken, by code. */
  async detectLanguage(states: OnnxTensor, signal?: AbortSignal): Promise<string> {
    const { languages, startToken } = this.settings;
    const { logits } = await this.decoder.start(states).step([startToken], { signal });
    const entries = [...languages];
    return entries[likeliest(Float32Array.from(entries, ([, token]) => logits[token]!))]![0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.encoder, this.decoder.first, this.decoder.next].map((session) => session?.[Symbol.asyncDispose]()));
  }
}
