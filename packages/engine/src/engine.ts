import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HandlerRegistry, LlmiError, nearest, parseInput, generateRequestSchema, type BaseHandler, type GenerateRequest, type RegisteredHandler } from '@llmi/core';
import { ModelStore, parseReference } from '@llmi/hub';
import { answerEnvelope, withEnvelope } from './answer.js';
import { checkModel } from './check.js';
import type { AnsweredEvent, CheckReport, DoctorItem, Engine, GenerateCall, InstallOptions, LoadedModelStatus, MachineInfo, ModelDescription, ServedModel } from './contract.js';
import { examine } from './doctor.js';
import { freeCores } from './free-cores.js';
import { loadInProcess } from './in-process-host.js';
import { describeLocal, installModel } from './install.js';
import { handlerOf, loadOrder } from './load-order.js';
import { readMachine } from './machine.js';
import type { ModelHost } from './model-host.js';
import { ModelPool } from './model-pool.js';
import { spawnRunner } from './runner/spawn.js';
import type { Settings } from './settings.js';

/** An engine over one llmi home. Dispose it: its runner processes end with it. */
export function createEngine(settings: Settings): Engine {
  return new LlmiEngine(settings);
}

class LlmiEngine implements Engine {
  readonly #store: ModelStore;
  readonly #pool: ModelPool;
  readonly #attached = new Map<string, ServedModel>();
  /** Models found before, each with the time its llmi.json was written: reading that again for every request would show. */
  readonly #known = new Map<string, { served: ServedModel; stamp: number | undefined }>();
  readonly #handlers = new WeakMap<ServedModel, BaseHandler>();
  #registry: Promise<HandlerRegistry> | undefined;

  constructor(readonly settings: Settings) {
    this.#store = new ModelStore(settings.home);
    this.#pool = new ModelPool({
      maxQueue: settings.maxQueue,
      keepAliveMs: settings.keepAliveMinutes * 60_000,
      load: (model, { signal }) => this.#loadModel(model, signal),
    });
  }

  registry(): Promise<HandlerRegistry> {
    const { projectDir, home, installationDir } = this.settings;
    return (this.#registry ??= HandlerRegistry.discover({ projectDir, home, installationDir }));
  }

  machine(): Promise<MachineInfo> {
    return readMachine(this.settings.home);
  }

  async check(reference: string, options: { file?: string; signal?: AbortSignal } = {}): Promise<CheckReport> {
    return (await checkModel(this.#reference(reference), await this.registry(), this.settings, options)).report;
  }

  async install(reference: string, options: InstallOptions = {}) {
    return installModel(this.#reference(reference), await this.registry(), this.settings, options);
  }

  list() {
    return this.#store.list();
  }

  async remove(name: string) {
    const { installed } = await this.find(name);
    await this.#pool.unload(installed.name);
    return this.#store.remove(installed.name, { cacheDir: this.settings.hub.cacheDir });
  }

  async doctor(): Promise<DoctorItem[]> {
    return examine(this.settings, await this.registry(), await this.#store.list());
  }

  async attach(path: string, name?: string): Promise<ServedModel> {
    const folder = resolve(path);
    const installed = existsSync(join(folder, 'llmi.json'))
      ? await this.#store.get(folder)
      : await describeLocal(this.#localReference(path), await this.registry(), this.settings);
    const served: ServedModel = { name: name ?? installed.name, installed: { ...installed, name: name ?? installed.name }, temporary: true };
    this.#attached.set(served.name, served);
    return served;
  }

  async models(): Promise<ServedModel[]> {
    const { models } = await this.#store.list();
    const installed = models.filter((model) => !this.#attached.has(model.name)).map((model) => ({ name: model.name, installed: model, temporary: false }));
    return [...this.#attached.values(), ...installed];
  }

  async find(name: string): Promise<ServedModel> {
    const attached = this.#attached.get(name);
    if (attached) return attached;
    const known = this.#known.get(name);
    if (known && known.stamp === stampOf(known.served.installed.folder)) return known.served;
    try {
      const installed = await this.#store.get(name);
      const served = { name: installed.name, installed, temporary: false };
      this.#known.set(name, { served, stamp: stampOf(installed.folder) });
      return served;
    } catch (error) {
      throw this.#attached.size > 0 && LlmiError.is(error) && error.code === 'MODEL_NOT_INSTALLED' ? notServed(name, [...this.#attached.keys()], error) : error;
    }
  }

  async describe(name: string): Promise<ModelDescription> {
    const served = await this.find(name);
    const handler = await this.#handlerFor(served);
    const capabilities = handler.getModelCapabilities();
    return { installed: served.installed, capabilities, modes: handler.getModeDescriptions(), tasks: capabilities.tasks, inferenceParams: handler.getInferenceParams() };
  }

  async validate(name: string, request: GenerateRequest): Promise<void> {
    await this.#validate(await this.find(name), request);
  }

  async *generate(name: string, request: GenerateRequest, { signal }: GenerateCall = {}): AsyncIterable<AnsweredEvent> {
    const { model: _asked, ...body } = request;
    const served = await this.find(name);
    await this.#validate(served, body);
    using lease = await this.#pool.lease(served, signal);
    yield* withEnvelope(lease.host.generate(body, { signal }), (done) => answerEnvelope(served, lease.waited, done));
  }

  async answer(name: string, request: GenerateRequest, call: GenerateCall = {}) {
    for await (const event of this.generate(name, request, call)) {
      if (event.type === 'done') return { result: event.result, envelope: event.envelope };
    }
    throw new LlmiError('INTERNAL', { message: `${name} ended its answer without saying so.`, hint: 'This is a fault of its handler.' });
  }

  async load(name: string, { signal }: GenerateCall = {}): Promise<LoadedModelStatus> {
    const served = await this.find(name);
    using _lease = await this.#pool.lease(served, signal);
    return this.loaded().find((status) => status.name === served.name)!;
  }

  async unload(name: string, options: { force?: boolean } = {}): Promise<boolean> {
    return this.#pool.unload((await this.find(name)).name, options);
  }

  loaded(): LoadedModelStatus[] {
    return this.#pool.statuses();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close({ force: true });
  }

  async #loadModel(served: ServedModel, signal: AbortSignal): Promise<ModelHost> {
    const order = loadOrder(await this.#registered(served), served, this.settings);
    this.settings.log?.({ level: 'info', message: 'loading', model: served.name });
    const inProcess = this.settings.isolation === 'none'; // a process of the caller's, started for who knows how many threads
    if (!inProcess) order.options.threads ??= await freeCores();
    const host = inProcess ? await loadInProcess(order, { signal }) : await spawnRunner(order, { signal, logFolder: logFolder(served) });
    this.settings.log?.({ level: 'info', message: 'loaded', model: served.name, pid: host.pid, ...host.info });
    void host.gone.then(() => this.settings.log?.({ level: 'info', message: 'unloaded', model: served.name, pid: host.pid }));
    return host;
  }

  async #registered(served: ServedModel): Promise<RegisteredHandler> {
    return handlerOf(await this.registry(), served);
  }

  /** The handler of a model, in this process: it answers questions, and never loads weights here. */
  async #handlerFor(served: ServedModel): Promise<BaseHandler> {
    const known = this.#handlers.get(served);
    if (known) return known;
    const definition = await (await this.registry()).load(await this.#registered(served));
    const handler = definition.create(served.installed.info);
    this.#handlers.set(served, handler);
    return handler;
  }

  async #validate(served: ServedModel, request: GenerateRequest): Promise<void> {
    const handler = await this.#handlerFor(served);
    const parsed = parseInput(generateRequestSchema, request);
    const modes = handler.getSupportedModes();
    if (parsed.mode !== undefined && !modes.includes(parsed.mode)) {
      throw new LlmiError('MODE_UNSUPPORTED', { message: `${served.name} has no mode "${parsed.mode}".`, hint: `Use one of: ${modes.join(', ')}.`, param: 'mode' });
    }
    const { tasks } = handler.getModelCapabilities();
    if (parsed.task !== undefined && !tasks.includes(parsed.task)) {
      throw new LlmiError('TASK_UNSUPPORTED', { message: `${served.name} cannot do "${parsed.task}".`, hint: `It can do: ${tasks.join(', ')}.`, param: 'task' });
    }
    const validation = handler.validateInputs(parsed, parsed.task);
    if (!validation.ok) throw new LlmiError(validation.code ?? 'INPUT_INVALID', { message: validation.error, hint: validation.hint, param: validation.param });
  }

  #reference(text: string) {
    return parseReference(text, process.cwd());
  }

  #localReference(path: string) {
    const reference = this.#reference(path);
    if (reference.kind !== 'hub') return reference;
    throw new LlmiError('MODEL_NOT_FOUND', { message: `There is no model folder or .gguf file at ${path}.`, hint: 'Write ./ before a path; "llmi install" takes a model of the hub.' });
  }
}

function logFolder({ installed }: ServedModel): string | undefined {
  return installed.folder === '' ? undefined : join(installed.folder, 'logs');
}

/** When the model's llmi.json was last written; undefined when it is gone. */
function stampOf(folder: string): number | undefined {
  return statSync(join(folder, 'llmi.json'), { throwIfNoEntry: false })?.mtimeMs;
}

function notServed(name: string, served: string[], cause: LlmiError): LlmiError {
  const near = nearest(name, served);
  return new LlmiError('MODEL_NOT_INSTALLED', {
    message: `There is no model "${name}" here.`,
    hint: near ? `Did you mean "${near}"?` : `There are: ${served.join(', ')}.`,
    param: 'model',
    cause,
  });
}
