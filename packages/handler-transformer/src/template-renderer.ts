import { Worker } from 'node:worker_threads';
import { LlmiError } from '@llmi/core';
import type { RenderAnswer, RenderOrder } from './template-worker.js';

/** A template is a program that came with the model; these bound what it can take. */
const defaultTimeLimitMs = 5000;
const heapMegabytes = 256;
const maxCharacters = 16_000_000; // more than any context holds

export interface RendererOptions {
  /** Milliseconds for one rendering. */
  timeLimitMs?: number;
}

interface Pending {
  order: RenderOrder;
  resolve(text: string): void;
  reject(error: unknown): void;
}

/**
 * Renders one chat template as transformers' apply_chat_template does, in a thread of its own: an endless loop or a memory bomb in
 * the template ends the thread, not the process. The thread is started ahead, so a rendering costs a fraction of a millisecond.
 */
export class TemplateRenderer implements AsyncDisposable {
  readonly #timeLimitMs: number;
  readonly #queue: Pending[] = [];
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #nextId = 1;
  #disposed = false;

  constructor(
    readonly template: string,
    { timeLimitMs = defaultTimeLimitMs }: RendererOptions = {},
  ) {
    this.#timeLimitMs = timeLimitMs;
    this.#worker = this.#start();
  }

  /** @throws {LlmiError} TEMPLATE_FAILED; what the template itself says is in the hint. */
  render(values: Record<string, unknown>): Promise<string> {
    if (this.#disposed) throw new LlmiError('MODEL_DISPOSED', { message: 'The model was unloaded.', hint: 'Load it again.' });
    return new Promise((resolve, reject) => {
      const order: RenderOrder = { id: this.#nextId++, template: this.template, values, now: Date.now(), maxCharacters };
      this.#queue.push({ order, resolve, reject });
      if (this.#queue.length === 1) this.#next();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await this.#stop('The model was unloaded while its chat template was rendered');
  }

  #next(): void {
    const [first] = this.#queue;
    if (!first) return;
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#timer = setTimeout(() => void this.#stop(`The model's chat template ran for more than ${this.#timeLimitMs} ms`), this.#timeLimitMs);
    this.#worker.postMessage(first.order);
  }

  #start(): Worker {
    // From src/ and from dist/ alike: tests run the source, with the built thread.
    const worker = new Worker(new URL('../dist/template-worker.js', import.meta.url), {
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    });
    worker.on('message', (answer: RenderAnswer) => this.#receive(answer));
    worker.on('error', (error) => this.#fail(worker, `The model's chat template could not be rendered (${error.message})`));
    worker.unref(); // an idle thread does not keep a program alive
    return worker;
  }

  #receive(answer: RenderAnswer): void {
    const done = this.#queue.shift();
    clearTimeout(this.#timer);
    this.#worker?.unref();
    if (done) {
      if ('text' in answer) done.resolve(answer.text);
      else done.reject(templateError(answer));
    }
    this.#next();
  }

  /** The thread is gone: what it worked on failed, the rest gets a new one. */
  #fail(worker: Worker, problem: string): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    clearTimeout(this.#timer);
    this.#queue.shift()?.reject(brokenTemplate(`${problem}.`));
    if (!this.#disposed) this.#next();
  }

  async #stop(problem: string): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    this.#fail(worker, problem);
    await worker.terminate();
  }
}

function templateError({ error, raised }: Extract<RenderAnswer, { error: string }>): LlmiError {
  if (!raised) return brokenTemplate(`The model's chat template fails: ${error}.`);
  return new LlmiError('TEMPLATE_FAILED', {
    message: `The model's chat template refuses these messages: ${error}`,
    hint: `The template says: ${error} Send messages as it wants them, or use mode "complete" with a prompt.`,
    param: 'messages',
  });
}

function brokenTemplate(message: string): LlmiError {
  return new LlmiError('TEMPLATE_FAILED', {
    message,
    hint: 'Use mode "complete" with a prompt in the model\'s own format, or another conversion of the model with a sound template.',
  });
}
