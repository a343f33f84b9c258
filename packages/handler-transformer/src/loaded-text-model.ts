import { findTemplate, SpecialsGuard, TemplateRenderer } from '@llmi/chat-template';
import type { GenerateEvent, GenerateOptions, GenerateRequest, LoadedModel, LoadedModelInfo, LoadOptions, ModelInfo } from '@llmi/core';
import { LlamaModel, type KvCacheType } from '@llmi/runtime-llama-cpp';
import { generateText } from './generate.js';
import { dialectOf } from './output/dialect.js';
import { quantizationLabel } from './model-path.js';
import { resolveTextOptions } from './options.js';
import { loadOnnxMaker } from './onnx/load-onnx-maker.js';
import type { PromptMaker } from './prompt.js';

/** How to load a text model, beyond what every model takes. */
export interface TextLoadOptions extends LoadOptions {
  /** How keys and values are kept: f16 (default), q8_0 for half of the memory, and others of llama.cpp. */
  kvCacheType?: KvCacheType;
  /** Path of a smaller model with the same vocabulary, which guesses ahead. */
  draft?: string;
  /** Guesses ahead from what prompt and answer said before. */
  promptLookup?: boolean;
}

/** A text model in memory. */
export class LoadedTextModel implements LoadedModel {
  readonly info: LoadedModelInfo;

  private constructor(
    private readonly maker: PromptMaker,
    private readonly resolve: (request: GenerateRequest) => GenerateRequest,
    quantization: string | undefined,
  ) {
    const { device, contextLength, parallel, threads } = maker.model.info;
    this.info = { device, dtype: quantization, contextLength, parallel, threads };
  }

  /** Loads a .gguf file. `resolve` fills in the defaults of a request. */
  static async load(path: string, model: ModelInfo, resolve: (request: GenerateRequest) => GenerateRequest, options: TextLoadOptions = {}): Promise<LoadedTextModel> {
    const { device, contextSize, parallel, threads, loras, kvCacheType, draft, promptLookup, signal, onProgress } = options;
    const llama = await LlamaModel.load(path, { device, contextSize, parallel, threads, loras, kvCacheType, draft, promptLookup, signal, onProgress });
    const template = findTemplate(llama.metadata, model);
    const maker: PromptMaker = {
      model: llama,
      renderer: template === undefined ? undefined : new TemplateRenderer(template),
      guard: new SpecialsGuard(llama.special.controlTexts),
      dialect: dialectOf(template),
    };
    return new LoadedTextModel(maker, resolve, quantizationLabel(path) ?? model.quantization);
  }

  /** Loads a folder with ONNX files, or one of them. `resolve` fills in the defaults of a request. */
  static async loadOnnx(path: string, model: ModelInfo, resolve: (request: GenerateRequest) => GenerateRequest, options?: LoadOptions): Promise<LoadedTextModel> {
    const { maker, dtype } = await loadOnnxMaker(path, model, options);
    return new LoadedTextModel(maker, resolve, dtype);
  }

  /** @throws {LlmiError} INPUT_INVALID, INPUT_UNSUPPORTED, MODE_UNSUPPORTED, CONTEXT_LENGTH_EXCEEDED, TEMPLATE_FAILED, MODEL_DISPOSED */
  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent, void, undefined> {
    signal?.throwIfAborted();
    yield* generateText(this.maker, resolveTextOptions(this.resolve(request)), signal);
  }

  /**
   * Writes what is kept of the latest request to a file (and a description beside it), for a later process to go on from.
   * Returns its tokens. @throws {LlmiError} INPUT_INVALID when nothing is kept
   */
  async saveSession(path: string): Promise<number> {
    return this.maker.model.saveSession(path);
  }

  /** Reads a saved session, so that a request that begins like it starts at once. Returns its tokens. @throws {LlmiError} INPUT_INVALID */
  async restoreSession(path: string): Promise<number> {
    return this.maker.model.restoreSession(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.maker.renderer?.[Symbol.asyncDispose]();
    await this.maker.model[Symbol.asyncDispose]();
  }
}
