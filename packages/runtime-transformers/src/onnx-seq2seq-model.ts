import { join } from 'node:path';
import { LlmiError, type ModelInfo } from '@llmi/core';
import type { OnnxSession, OnnxTensor, OnnxValueInfo } from '@llmi/runtime-onnx';
import { decoderPositions, decoderShapeOf } from './decoder-config.js';
import { generateTokens, type EndReason, type GeneratedToken, type GenerationSettings } from './generation/generate-tokens.js';
import { readGenerationConfig, type GenerationConfig } from './generation/generation-config.js';
import { DecoderGraph, type EncoderOutput } from './graphs/decoder-graph.js';
import { disposeSessions, loadSessions } from './graphs/load-sessions.js';
import { chooseGraphs, type GraphSets } from './graphs/onnx-files.js';
import { filledTensor, integerTensor } from './graphs/tensors.js';
import { modelJson } from './model-json.js';
import type { TransformersLoadOptions } from './onnx-text-model.js';
import { TextTokenizer } from './tokenizer/text-tokenizer.js';

/** How a model with an encoder can be exported. */
export const seq2seqGraphs: GraphSets = [
  ['encoder_model', 'decoder_model_merged'],
  ['encoder_model', 'decoder_model', 'decoder_with_past_model'],
  ['encoder_model', 'decoder_model'],
];

const defaultStart = 0;

/** A model with an encoder and a decoder in memory: text or a picture in, tokens out. */
export class OnnxSeq2SeqModel implements AsyncDisposable {
  private constructor(
    readonly tokenizer: TextTokenizer,
    readonly config: GenerationConfig,
    /** Tokens that the decoder has positions for, where its configuration says it. */
    readonly decoderPositions: number | undefined,
    readonly info: { device: string; dtype: string; threads: number },
    private readonly encoder: OnnxSession,
    private readonly graph: DecoderGraph,
    private sessions: readonly OnnxSession[] | undefined,
  ) {}

  /**
   * Loads a model; `overrides` are settings that count before generation_config.json.
   * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FILE_REFUSED, MODEL_FORMAT_UNSUPPORTED, FILE_CHOICE_EMPTY, MODEL_LOAD_FAILED, MEMORY_INSUFFICIENT
   */
  static async load(folder: string, model: ModelInfo, { dtype, overrides, ...options }: TransformersLoadOptions & { overrides?: Record<string, unknown> } = {}): Promise<OnnxSeq2SeqModel> {
    const files = chooseGraphs(model, seq2seqGraphs, dtype);
    const [config, generation] = await Promise.all([modelJson(model, folder, 'config.json'), modelJson(model, folder, 'generation_config.json')]);
    const tokenizer = await TextTokenizer.load(folder);
    const sessions = await loadSessions(files.map(({ path }) => join(folder, path)), options);
    try {
      const graph = new DecoderGraph(sessions[1]!, sessions[2], decoderShapeOf(config));
      const info = { device: sessions[0]!.device, dtype: files[1]!.dtype, threads: sessions[0]!.threads };
      return new OnnxSeq2SeqModel(tokenizer, readGenerationConfig(generation, config, overrides), decoderPositions(config), info, sessions[0]!, graph, sessions);
    } catch (error) {
      await disposeSessions(sessions);
      throw error;
    }
  }

  /** What the encoder takes, for whoever prepares it. */
  get encoderInputs(): readonly OnnxValueInfo[] {
    return this.encoder.inputs;
  }

  /** Runs the encoder over the tokens of a text. */
  async encodeText(ids: readonly number[], signal?: AbortSignal): Promise<EncoderOutput> {
    const shape = [1, ids.length];
    const feeds = Object.fromEntries(this.encoder.inputs.map((input) => [input.name, input.name === 'input_ids' ? integerTensor(shape, ids, input.dtype) : filledTensor(shape, 1, input.dtype ?? 'int64')]));
    return this.encode(feeds, signal);
  }

  /** Runs the encoder. @throws {LlmiError} MODEL_DISPOSED */
  async encode(feeds: Record<string, OnnxTensor>, signal?: AbortSignal): Promise<EncoderOutput> {
    if (!this.sessions) throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
    const output = this.encoder.outputs.find(({ name }) => name === 'last_hidden_state') ?? this.encoder.outputs[0]!;
    const results = await this.encoder.run(feeds, { outputs: [output.name], signal });
    return { states: results[output.name]! };
  }

  /** Tokens for what the encoder made, after those that the answer begins with (the start token of the model unless said). */
  generate(encoded: EncoderOutput, settings: Omit<GenerationSettings, 'config'> & { config?: GenerationConfig }, start?: readonly number[], signal?: AbortSignal): AsyncGenerator<GeneratedToken, EndReason> {
    const { decoderStartTokenId, bosTokenId } = this.config;
    return generateTokens(this.graph.start(encoded), start ?? [decoderStartTokenId ?? bosTokenId ?? defaultStart], { config: this.config, ...settings }, signal);
  }

  /** Frees the native memory, after the steps in progress. */
  async [Symbol.asyncDispose](): Promise<void> {
    const sessions = this.sessions ?? [];
    this.sessions = undefined;
    await disposeSessions(sessions);
  }
}
