import { inspect } from 'node:util';
import { importHandler, LlmiError, type GenerateEvent, type LoadedModel } from '@llmi/core';
import type { FromRunner, LoadOrder, ToRunner } from './protocol.js';

/**
 * The runner: a child process that holds one model. A crash, an out-of-memory kill or a hang of the model ends here and costs
 * that model's requests, nothing else. It ends when the engine's end of the channel closes, so none is ever left behind.
 */

/** Events that follow a first one closely travel together, which costs the engine fewer wake-ups; the first never waits. */
const flushIntervalMs = 25;

const running = new Map<number, AbortController>();
let model: LoadedModel | undefined;

function send(message: FromRunner): void {
  if (process.connected) process.send!(message);
}

async function load(order: LoadOrder): Promise<void> {
  try {
    const definition = await importHandler(order.handler.package, order.handler.folder, order.handler.manifest);
    model = await definition.create(order.model).loadModel(order.path, order.options);
    send({ type: 'ready', info: model.info, memoryBytes: process.memoryUsage.rss() });
  } catch (error) {
    keepStack(error);
    send({ type: 'error', error: LlmiError.from(error, 'MODEL_LOAD_FAILED').toJSON() });
  }
}

async function generate(id: number, request: Extract<ToRunner, { type: 'generate' }>['request']): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  const outbox = new Outbox(id);
  try {
    if (!model) throw new LlmiError('MODEL_NOT_LOADED', { message: 'The model is not loaded.' });
    for await (const event of model.generate(request, { signal: controller.signal })) {
      outbox.push(event);
      if (event.type === 'done') return; // last by contract: the engine has closed the request with it
    }
    controller.signal.throwIfAborted();
    throw new LlmiError('INTERNAL', {
      message: 'The model ended its stream without a "done" event.',
      hint: 'This is a fault of the handler: generate() must yield "done" once, last. Report it to its author.',
    });
  } catch (error) {
    outbox.flush();
    if (controller.signal.aborted) return send({ type: 'cancelled', id });
    keepStack(error);
    send({ type: 'error', id, error: LlmiError.from(error).toJSON() });
  } finally {
    running.delete(id);
  }
}

/** What nobody threw on purpose goes to logs/runner.log in full; the engine is told its message. */
function keepStack(error: unknown): void {
  if (!LlmiError.is(error)) process.stderr.write(`${inspect(error)}\n`);
}

/** Events on their way to the engine. */
class Outbox {
  #events: GenerateEvent[] = [];
  #timer: NodeJS.Timeout | undefined;
  #lastFlush = 0;

  constructor(readonly id: number) {}

  push(event: GenerateEvent): void {
    this.#events.push(event);
    const wait = this.#lastFlush + flushIntervalMs - performance.now();
    if (event.type === 'done' || wait <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), wait);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#events.length === 0) return;
    const done = this.#events.at(-1)?.type === 'done';
    send({ type: 'events', id: this.id, events: this.#events, ...(done ? { memoryBytes: process.memoryUsage.rss() } : {}) });
    this.#events = [];
    this.#lastFlush = performance.now();
  }
}

async function stop(): Promise<void> {
  for (const controller of running.values()) controller.abort();
  await model?.[Symbol.asyncDispose]();
  process.exit(0);
}

process.on('message', (message: ToRunner) => {
  switch (message.type) {
    case 'load':
      return void load(message);
    case 'generate':
      return void generate(message.id, message.request);
    case 'cancel':
      return running.get(message.id)?.abort();
    case 'ping':
      return send({ type: 'pong' });
    case 'stop':
      return void stop();
  }
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C in a terminal reaches the whole group; the engine decides when its runners stop.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => void stop());
