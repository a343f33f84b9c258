import { join } from 'node:path';
import { chosenFiles, doneEvent, LlmiError, type GenerateEvent, type GenerateOptions, type GenerateRequest, type LoadedModel, type LoadOptions } from '@llmi/core';
import { LlamaModel } from '@llmi/runtime-llama-cpp';
import type { MyModelHandler } from './handler.js';
import { folderOf, refusal } from './model-files.js';

/** A model in memory: llama.cpp works on up to `info.parallel` requests at the same time, more wait. */
export class LoadedMyModel implements LoadedModel {
  readonly info;
  readonly #handler: MyModelHandler;
  readonly #model: LlamaModel;

  private constructor(handler: MyModelHandler, model: LlamaModel) {
    const { device, contextLength, parallel, threads } = model.info;
    this.info = { device, contextLength, parallel, threads };
    this.#handler = handler;
    this.#model = model;
  }

  static async load(handler: MyModelHandler, path: string, options: LoadOptions): Promise<LoadedMyModel> {
    const file = chosenFiles(handler.model).find((entry) => entry.path.endsWith('.gguf'));
    if (!file) throw new LlmiError('MODEL_FILE_MISSING', { message: 'The model has no .gguf file.', hint: 'Install a repository with GGUF files.' });
    const { device, contextSize, parallel, threads, loras, signal, onProgress } = options;
    return new LoadedMyModel(handler, await LlamaModel.load(join(await folderOf(path), file.path), { device, contextSize, parallel, threads, loras, signal, onProgress }));
  }

  /** @throws {LlmiError} INPUT_INVALID, MODE_UNSUPPORTED, TASK_UNSUPPORTED, CONTEXT_LENGTH_EXCEEDED, MODEL_DISPOSED */
  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted();
    const verdict = this.#handler.validateInputs(request);
    if (!verdict.ok) throw refusal(verdict);
    const { prompt = '', maxTokens, temperature, topK, topP, minP, seed } = this.#handler.resolveRequest(request);
    const { bos, addsBos } = this.#model.special;
    const tokens = [...(addsBos && bos !== undefined ? [bos] : []), ...this.#model.tokenize(prompt)];
    const generation = this.#model.generate(tokens, { maxTokens, sampling: { temperature, topK, topP, minP, seed }, signal });
    const decoder = this.#model.createDecoder();
    let text = '';
    let count = 0;
    for await (const { token } of generation) {
      count++;
      const piece = decoder.push(token);
      if (piece === '') continue; // the character is not complete
      text += piece;
      yield { type: 'text', token: piece };
    }
    const rest = decoder.end();
    if (rest !== '') yield { type: 'text', token: rest };
    const usage = { promptTokens: tokens.length, completionTokens: count, totalTokens: tokens.length + count, cachedTokens: generation.cachedTokens };
    yield doneEvent({ type: 'text', text: text + rest, finishReason: generation.endReason ?? 'stop', usage, ...(seed === undefined ? {} : { seed }) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#model[Symbol.asyncDispose]();
  }
}
