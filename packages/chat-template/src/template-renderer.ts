import { Worker } from 'node:worker_threads';
import { LlmiError } from '@llmi/core';
import type { RenderOrder, WorkerMessage } from './template-worker.js';

/** A template is a program that came with the model; these bound what it can take. */
const defaultTimeLimitMs = 5000;
const heapMegabytes = 256;

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
  /** The first is being rendered, the others wait. */
  readonly #queue: Pending[] = [];
  #worker: Worker | undefined;
  #isReady = false;
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

  /** @throws {LlmiError} TEMPLATE_FAILED; what the template itself says is in the hint. MODEL_DISPOSED */
  async render(values: Record<string, unknown>): Promise<string> {
    if (this.#disposed) throw disposed();
    return new Promise((resolve, reject) => {
      this.#queue.push({ order: { id: this.#nextId++, template: this.template, values, now: Date.now() }, resolve, reject });
      if (this.#queue.length === 1) this.#next();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    const error = disposed();
    for (const { reject } of this.#queue.splice(0)) reject(error);
    await this.#end();
  }

  /** Sends the first order once the thread runs; its time counts from there. */
  #next(): void {
    const [first] = this.#queue;
    if (!first) return;
    this.#worker ??= this.#start();
    this.#worker.ref(); // an idle thread does not keep a program alive, a working one does
    if (!this.#isReady) return;
    this.#timer = setTimeout(() => this.#fail(`ran for more than ${this.#timeLimitMs} ms`), this.#timeLimitMs);
    this.#worker.postMessage(first.order);
  }

  #start(): Worker {
    this.#isReady = false;
    // From src/ and from dist/ alike: tests run the source, with the built thread.
    const worker = new Worker(new URL('../dist/template-worker.js', import.meta.url), {
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    });
    worker.on('message', (message: WorkerMessage) => this.#worker === worker && this.#receive(message));
    worker.on('error', (error) => this.#worker === worker && this.#fail(`could not be rendered (${error.message})`));
    worker.unref();
    return worker;
  }

  #receive(message: WorkerMessage): void {
    if (message.type === 'ready') {
      this.#isReady = true;
    } else {
      clearTimeout(this.#timer);
      this.#worker?.unref();
      const done = this.#queue.shift();
      if (message.type === 'text') done?.resolve(message.text);
      else done?.reject(message.raised ? refusedMessages(message.error) : brokenTemplate(`fails: ${message.error}`));
    }
    this.#next();
  }

  /** Gives up on what is being rendered; the rest gets a new thread. */
  #fail(problem: string): void {
    this.#queue.shift()?.reject(brokenTemplate(problem));
    void this.#end();
    this.#next();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

function disposed(): LlmiError {
  return new LlmiError('MODEL_DISPOSED', { message: 'The model was unloaded.', hint: 'Load it again.' });
}

function refusedMessages(said: string): LlmiError {
  return new LlmiError('TEMPLATE_FAILED', {
    message: `The model's chat template refuses these messages: ${said}`,
    hint: `The template says: ${said} Send messages as it wants them, or use mode "complete" with a prompt.`,
    param: 'messages',
  });
}

function brokenTemplate(problem: string): LlmiError {
  return new LlmiError('TEMPLATE_FAILED', {
    message: `The model's chat template ${problem}.`,
    hint: 'Use mode "complete" with a prompt in the model\'s own format, or another conversion of the model with a sound template.',
  });
}
