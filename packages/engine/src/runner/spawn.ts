import { fork, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LlmiError, type GenerateEvent, type GenerateRequest, type LoadedModelInfo } from '@llmi/core';
import { runnerEnvironment } from '../environment.js';
import { EventQueue } from '../event-queue.js';
import type { ModelHost } from '../model-host.js';
import type { FromRunner, LoadOrder, ToRunner } from './protocol.js';
import { Watchdog, type RunnerLimits } from './watchdog.js';
import { Inspector, inspectorFlags, inspectorLines } from './where-it-is.js';

/** A cancelled request or a stop that the runner does not answer within this time costs it its life. */
const patienceMs = 10_000;

/** How much of what a runner printed is kept for the message about its crash. */
const keptOutputBytes = 4000;

export interface SpawnOptions {
  signal?: AbortSignal;
  /** Folder for `runner.log`; nothing is kept without one. */
  logFolder?: string;
  limits?: Partial<RunnerLimits>;
}

/**
 * Starts a runner process and loads a model into it.
 * @throws {LlmiError} what the handler threw; RUNNER_CRASHED when the process ended while loading
 */
export async function spawnRunner(order: LoadOrder, options: SpawnOptions = {}): Promise<ModelHost> {
  options.signal?.throwIfAborted();
  const runner = new Runner(order.model.id, options);
  const abort = () => runner.kill();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    return await runner.load(order);
  } catch (error) {
    runner.kill();
    await runner.gone; // its memory is back before anything else is tried
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
}

class Runner implements ModelHost {
  info!: LoadedModelInfo; // set by `load`, which is how one gets a Runner
  memoryBytes: number | undefined;
  readonly gone: Promise<LlmiError | undefined>;
  readonly #child: ChildProcess;
  readonly #streams = new Map<number, { events: EventQueue<GenerateEvent>; detach: () => void }>();
  readonly #modelId: string;
  #loading: { resolve(): void; reject(error: unknown): void } | undefined;
  #nextId = 1;
  #output = '';
  /** Why it was ended on purpose: what the requests it still had are told. */
  #endedBy: LlmiError | undefined;
  readonly #watchdog: Watchdog;

  constructor(modelId: string, { logFolder, limits }: SpawnOptions) {
    this.#modelId = modelId;
    this.#child = fork(fileURLToPath(new URL('./runner.js', import.meta.url)), [], {
      env: runnerEnvironment(),
      execArgv: inspectorFlags,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#keepOutput(logFolder);
    const inspector = new Inspector(this.#child.pid ?? 0, this.#child.stderr!);
    this.#watchdog = new Watchdog(
      {
        ping: () => this.#send({ type: 'ping' }),
        whereItIs: (timeoutMs) => inspector.whereItIs(timeoutMs),
        onStuck: (place, silentMs) => this.#kill(this.#stuck(place, silentMs)),
      },
      limits,
    );
    this.#child.on('message', (message: FromRunner) => this.#receive(message));
    this.gone = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        if (this.#child.pid === undefined) this.#end(`could not be started: ${error.message}`, resolve);
        else this.#child.kill('SIGKILL'); // its channel failed; the exit event follows
      });
      this.#child.once('exit', (code, signal) => this.#end(signal ? `was ended by ${signal}` : `ended with exit code ${code}`, resolve));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get ended(): boolean {
    return this.#endedBy !== undefined || !this.#child.connected;
  }

  async load(order: LoadOrder): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.#loading = { resolve, reject };
      this.#watchdog.start();
      this.#send({ type: 'load', ...order });
    });
    this.#watchdog.stop();
    return this;
  }

  generate(request: GenerateRequest, { signal }: { signal?: AbortSignal }): AsyncIterable<GenerateEvent> {
    signal?.throwIfAborted();
    if (this.ended) throw this.#endedBy ?? this.#crash('has ended');
    const id = this.#nextId++;
    const cancel = () => this.#cancel(id, signal?.reason);
    const events = new EventQueue<GenerateEvent>(() => this.#cancel(id));
    this.#streams.set(id, { events, detach: () => signal?.removeEventListener('abort', cancel) });
    signal?.addEventListener('abort', cancel, { once: true });
    this.#watchdog.start();
    this.#send({ type: 'generate', id, request });
    return events;
  }

  kill(): void {
    this.#kill(this.#unloaded());
  }

  #kill(reason: LlmiError): void {
    this.#endedBy ??= reason;
    this.#child.kill('SIGKILL');
  }

  #unloaded(): LlmiError {
    return new LlmiError('SHUTTING_DOWN', { message: `${this.#modelId} was unloaded.`, hint: 'Send the request again.' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endedBy ??= this.#unloaded();
    if (this.#child.connected) this.#send({ type: 'stop' });
    const late = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs);
    await this.gone;
    clearTimeout(late);
  }

  #send(message: ToRunner): void {
    // A channel that closed meanwhile is reported by the exit event.
    this.#child.send(message, () => {});
  }

  #receive(message: FromRunner): void {
    this.#watchdog.heard();
    switch (message.type) {
      case 'pong':
        return;
      case 'ready':
        this.info = message.info;
        this.memoryBytes = message.memoryBytes;
        return this.#loading?.resolve();
      case 'events': {
        const stream = this.#streams.get(message.id);
        for (const event of message.events) stream?.events.push(event);
        this.memoryBytes = message.memoryBytes ?? this.memoryBytes;
        if (message.events.at(-1)?.type === 'done') this.#close(message.id);
        return;
      }
      case 'cancelled':
        return this.#close(message.id);
      case 'error': {
        const error = LlmiError.fromJSON(message.error);
        if (message.id === undefined) this.#loading?.reject(error);
        else this.#close(message.id, error);
      }
    }
  }

  /** The caller is let go at once; the runner has a while to confirm that the work really stopped. */
  #cancel(id: number, reason?: unknown): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    this.#send({ type: 'cancel', id });
    stream.detach();
    stream.events.end(reason ?? new LlmiError('CANCELLED', { message: 'The request was cancelled.' }));
    const late = setTimeout(() => this.#streams.has(id) && this.#kill(this.#hung()), patienceMs);
    late.unref();
  }

  #hung(): LlmiError {
    return new LlmiError('RUNNER_TIMEOUT', {
      message: `The process that runs ${this.#modelId} did not stop a cancelled request and was ended.`,
      hint: 'Send the request again: a new process is started for it.',
    });
  }

  #stuck(place: string | undefined, silentMs: number): LlmiError {
    const where = place === undefined ? 'was in one call of native code' : `was in a loop, in ${place},`;
    return new LlmiError('RUNNER_TIMEOUT', {
      message: `The process that runs ${this.#modelId} ${where} for ${Math.round(silentMs / 1000)} seconds and was ended.`,
      hint: `Send the request again: a new process is started for it. If it comes again${place === undefined ? ', ask for less at once' : ' it is a fault of the handler: report it to its author'}.`,
    });
  }

  #close(id: number, error?: LlmiError): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    this.#streams.delete(id);
    if (this.#streams.size === 0) this.#watchdog.stop();
    stream.detach();
    stream.events.end(error);
  }

  #end(what: string, gone: (crash: LlmiError | undefined) => void): void {
    this.#watchdog.stop();
    const wasMeant = this.#endedBy?.code === 'SHUTTING_DOWN';
    const error = this.#endedBy ?? this.#crash(what);
    this.#loading?.reject(error);
    for (const id of [...this.#streams.keys()]) this.#close(id, error);
    gone(wasMeant ? undefined : error);
  }

  #crash(what: string): LlmiError {
    const tail = this.#output.trim().split('\n').slice(-3).join(' | ');
    return new LlmiError('RUNNER_CRASHED', {
      message: `The process that runs ${this.#modelId} ${what}.`,
      hint: 'Send the request again: a new process is started for it. If it keeps happening, "llmi doctor" and the model\'s logs/runner.log say more.',
      cause: tail === '' ? undefined : new Error(tail),
    });
  }

  #keepOutput(logFolder: string | undefined): void {
    const file = logFolder === undefined ? undefined : openLog(logFolder);
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8');
      stream.on('data', (printed: string) => {
        const text = printed.replace(inspectorLines, '');
        this.#output = (this.#output + text).slice(-keptOutputBytes);
        file?.write(text);
      });
    }
    this.#child.once('exit', () => file?.end());
  }
}

const previousLog = (file: string) => file.replace(/\.log$/, '.previous.log');

function openLog(folder: string) {
  const file = join(folder, 'runner.log');
  try {
    mkdirSync(folder, { recursive: true });
    rmSync(previousLog(file), { force: true });
    renameSync(file, previousLog(file)); // what a crashed process said is still there when the next one runs
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return undefined; // a read-only folder costs the log, not the model
  }
  return createWriteStream(file).on('error', () => {});
}
