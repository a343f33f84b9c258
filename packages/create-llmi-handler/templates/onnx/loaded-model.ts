import { join } from 'node:path';
import { chosenFiles, doneEvent, LlmiError, type GenerateEvent, type GenerateOptions, type GenerateRequest, type LoadedModel, type LoadOptions } from '@llmi/core';
import { OnnxSession, toFloat32 } from '@llmi/runtime-onnx';
import type { MyModelHandler } from './handler.js';
import { folderOf, refusal } from './model-files.js';

/** A model in memory. Its graph is run as it is: tensors in, tensors out. Put before it what prepares your inputs, and behind it what reads its outputs. */
export class LoadedMyModel implements LoadedModel {
  readonly info;
  readonly #handler: MyModelHandler;
  readonly #session: OnnxSession;

  private constructor(handler: MyModelHandler, session: OnnxSession) {
    this.info = { device: session.device, parallel: 1, threads: session.threads };
    this.#handler = handler;
    this.#session = session;
  }

  static async load(handler: MyModelHandler, path: string, { device, threads, signal }: LoadOptions): Promise<LoadedMyModel> {
    const file = chosenFiles(handler.model).find((entry) => entry.path.endsWith('.onnx'));
    if (!file) throw new LlmiError('MODEL_FILE_MISSING', { message: 'The model has no .onnx file.', hint: 'Install a repository with ONNX files.' });
    return new LoadedMyModel(handler, await OnnxSession.load(join(await folderOf(path), file.path), { device, threads, signal }));
  }

  /** @throws {LlmiError} INPUT_INVALID, MODE_UNSUPPORTED, TASK_UNSUPPORTED, MODEL_DISPOSED */
  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted();
    const verdict = this.#handler.validateInputs(request);
    if (!verdict.ok) throw refusal(verdict);
    const feeds = Object.entries(request.tensors!).map(([name, { data, shape }]) => [name, { dtype: 'float32' as const, shape, data: Float32Array.from(data as number[]) }]);
    const outputs = await this.#session.run(Object.fromEntries(feeds), { signal });
    const answers = Object.entries(outputs).map(([name, tensor]) => [name, { data: [...toFloat32(tensor)], shape: [...tensor.shape], dtype: 'float32' }]);
    yield doneEvent({ type: 'tensors', outputs: Object.fromEntries(answers) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}
