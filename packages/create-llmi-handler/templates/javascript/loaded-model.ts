import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { doneEvent, LlmiError, type GenerateEvent, type GenerateOptions, type GenerateRequest, type LoadedModel, type LoadOptions } from '@llmi/core';
import type { MyModelHandler } from './handler.js';
import { folderOf, refusal } from './model-files.js';

/** For each word, the word that follows it: a model small enough to read. Replace it. */
type Table = Record<string, string>;

/** A model in memory. */
export class LoadedMyModel implements LoadedModel {
  readonly info = { device: 'cpu', parallel: 16 }; // requests at the same time
  readonly #handler: MyModelHandler;
  #table: Table | undefined;

  private constructor(handler: MyModelHandler, table: Table) {
    this.#handler = handler;
    this.#table = table;
  }

  static async load(handler: MyModelHandler, path: string, { signal }: LoadOptions): Promise<LoadedMyModel> {
    const text = await readFile(join(await folderOf(path), 'my-model.json'), 'utf8');
    signal?.throwIfAborted();
    return new LoadedMyModel(handler, JSON.parse(text) as Table);
  }

  /** @throws {LlmiError} INPUT_INVALID, MODE_UNSUPPORTED, TASK_UNSUPPORTED, MODEL_DISPOSED */
  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    const table = this.#table;
    if (!table) throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
    const verdict = this.#handler.validateInputs(request);
    if (!verdict.ok) throw refusal(verdict);
    const { prompt = '', maxTokens = 1 } = this.#handler.resolveRequest(request);
    const words = prompt.trim().split(/\s+/);
    let word = words.at(-1)!.toLowerCase();
    let text = '';
    let count = 0;
    signal?.throwIfAborted();
    for (; count < maxTokens && Object.hasOwn(table, word); count++) {
      word = table[word]!;
      const token = ` ${word}`;
      text += token;
      yield { type: 'text', token };
      signal?.throwIfAborted(); // between steps: an aborted request ends within one
    }
    const usage = { promptTokens: words.length, completionTokens: count, totalTokens: words.length + count };
    yield doneEvent({ type: 'text', text, finishReason: count === maxTokens ? 'length' : 'stop', usage });
  }

  /** Gives back what it holds. It may be called twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#table = undefined;
  }
}
