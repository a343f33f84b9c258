import type { GenerateEvent, GenerateOptions, GenerateRequest, LoadedModel, LoadedModelInfo, LoadOptions, ModelInfo } from '@llmi/core';
import { LlamaModel } from '@llmi/runtime-llama-cpp';
import { findTemplate } from './chat-template/find-template.js';
import { SpecialsGuard } from './chat-template/guard-specials.js';
import { generateText } from './generate.js';
import { quantizationLabel } from './model-path.js';
import { resolveTextOptions } from './options.js';
import type { PromptMaker } from './prompt.js';
import { TemplateRenderer } from './template-renderer.js';

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
  static async load(path: string, model: ModelInfo, resolve: (request: GenerateRequest) => GenerateRequest, options: LoadOptions = {}): Promise<LoadedTextModel> {
    const { device, contextSize, parallel, threads, loras, signal, onProgress } = options;
    const llama = await LlamaModel.load(path, { device, contextSize, parallel, threads, loras, signal, onProgress });
    const template = findTemplate(llama.metadata, model);
    const maker: PromptMaker = {
      model: llama,
      renderer: template === undefined ? undefined : new TemplateRenderer(template),
      guard: new SpecialsGuard(llama.special.controlTexts),
    };
    return new LoadedTextModel(maker, resolve, quantizationLabel(path) ?? model.quantization);
  }

  /** @throws {LlmiError} INPUT_INVALID, INPUT_UNSUPPORTED, MODE_UNSUPPORTED, CONTEXT_LENGTH_EXCEEDED, TEMPLATE_FAILED, MODEL_DISPOSED */
  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent, void, undefined> {
    signal?.throwIfAborted();
    yield* generateText(this.maker, resolveTextOptions(this.resolve(request)), signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.maker.renderer?.[Symbol.asyncDispose]();
    await this.maker.model[Symbol.asyncDispose]();
  }
}
