import { join } from 'node:path';
import { LlmiError, type ModelInfo } from '@llmi/core';
import type { TokenGrammar } from '@llmi/grammar';
import type { OnnxLoadOptions, OnnxSession } from '@llmi/runtime-onnx';
import { decoderPositions, decoderShapeOf } from './decoder-config.js';
import { generateTokens, type EndReason, type GeneratedToken, type GenerationSettings } from './generation/generate-tokens.js';
import { readGenerationConfig, type GenerationConfig } from './generation/generation-config.js';
import { OutputGrammars } from './generation/output-grammars.js';
import { DecoderGraph } from './graphs/decoder-graph.js';
import type { DecoderSequence } from './graphs/decoder-sequence.js';
import { disposeSessions, loadSessions } from './graphs/load-sessions.js';
import { chooseGraphs, type GraphSets } from './graphs/onnx-files.js';
import { PrefixCache } from './graphs/prefix-cache.js';
import { modelJson } from './model-json.js';
import { TextTokenizer } from './tokenizer/text-tokenizer.js';

export interface TransformersLoadOptions extends OnnxLoadOptions {
  /** fp32, fp16, q8, q4 ... where the files offer several. */
  dtype?: string;
}

/** How a decoder-only model can be exported. */
export const textGraphs: GraphSets = [['model'], ['decoder_model_merged'], ['decoder_model', 'decoder_with_past_model'], ['decoder_with_past_model'], ['decoder_model']];

/** What follows a prompt. */
export interface TextRun {
  /** Tokens of the prompt that were known of an earlier one. */
  cachedTokens: number;
  tokens: AsyncGenerator<GeneratedToken, EndReason>;
}

/** A decoder-only model of text in memory: tokens in, tokens out. */
export class OnnxTextModel implements AsyncDisposable {
  readonly #prefixes = new PrefixCache();
  readonly #grammars: OutputGrammars;

  private constructor(
    readonly tokenizer: TextTokenizer,
    readonly config: GenerationConfig,
    /** Tokens of a prompt and its answer together, where config.json says it. */
    readonly contextLength: number | undefined,
    readonly info: { device: string; dtype: string; threads: number },
    private readonly graph: DecoderGraph,
    private sessions: readonly OnnxSession[] | undefined,
  ) {
    this.#grammars = new OutputGrammars(tokenizer, config.eosTokenIds);
  }

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FILE_REFUSED, MODEL_FORMAT_UNSUPPORTED, FILE_CHOICE_EMPTY, MODEL_LOAD_FAILED, MEMORY_INSUFFICIENT */
  static async load(folder: string, model: ModelInfo, { dtype, ...options }: TransformersLoadOptions = {}): Promise<OnnxTextModel> {
    const files = chooseGraphs(model, textGraphs, dtype);
    const [config, generation] = await Promise.all([modelJson(model, folder, 'config.json'), modelJson(model, folder, 'generation_config.json')]);
    const tokenizer = await TextTokenizer.load(folder);
    const sessions = await loadSessions(files.map(({ path }) => join(folder, path)), options);
    try {
      const graph = new DecoderGraph(sessions[0]!, sessions[1], decoderShapeOf(config));
      const info = { device: sessions[0]!.device, dtype: files[0]!.dtype, threads: sessions[0]!.threads };
      return new OnnxTextModel(tokenizer, readGenerationConfig(generation, config), decoderPositions(config), info, graph, sessions);
    } catch (error) {
      await disposeSessions(sessions);
      throw error;
    }
  }

  /** What follows a prompt, token by token; of a prompt that begins as an earlier one or its answer, only the rest is read. @throws {LlmiError} MODEL_DISPOSED */
  generate(prompt: readonly number[], settings: Omit<GenerationSettings, 'config'> & { config?: GenerationConfig }, signal?: AbortSignal): TextRun {
    if (!this.sessions) throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
    const config = settings.config ?? this.config;
    const known = config.numBeams > 1 ? undefined : this.#prefixes.begin(prompt);
    const sequence = known ?? this.graph.start();
    const cachedTokens = known?.rows[0]!.length ?? 0;
    return { cachedTokens, tokens: this.#keeping(sequence, generateTokens(sequence, prompt, { ...settings, config, known: cachedTokens }, signal)) };
  }

  /** A grammar in GBNF that answers can be held to, whose rule `start` (root) is the whole answer. @throws {LlmiError} INPUT_INVALID */
  grammar(text: string, start?: string): TokenGrammar {
    return this.#grammars.of(text, start);
  }

  async *#keeping(sequence: DecoderSequence, tokens: AsyncGenerator<GeneratedToken, EndReason>): AsyncGenerator<GeneratedToken, EndReason> {
    try {
      return yield* tokens;
    } finally {
      if (this.sessions) this.#prefixes.keep(sequence);
    }
  }

  /** Frees the native memory, after the steps in progress. */
  async [Symbol.asyncDispose](): Promise<void> {
    const sessions = this.sessions ?? [];
    this.sessions = undefined;
    this.#prefixes.clear();
    await disposeSessions(sessions);
  }
}
