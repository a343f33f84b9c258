import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HandlerRegistry, LlmiError, nearest, type BaseHandler, type GenerateRequest, type RegisteredHandler } from '@llmi/core';
import { ModelStore, parseReference, type InstalledModel } from '@llmi/hub';
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
  /** Models found before, each with what tells that it changed: reading every llmi.json again for every request would show. */
  readonly #known = new Map<string, { served: ServedModel; stamp: string }>();
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
    const served = await this.find(name);
    await this.#pool.unload(served);
    return this.#store.remove(served.installed.name, { cacheDir: this.settings.hub.cacheDir });
  }

  async doctor(): Promise<DoctorItem[]> {
    return examine(this.settings, await this.registry(), await this.#store.list());
  }

  async attach(path: string, name?: string): Promise<ServedModel> {
    const folder = resolve(path);
    const installed = existsSync(join(folder, 'llmi.json'))
      ? await this.#store.get(folder)
      : await describeLocal(this.#localReference(path), await this.registry(), this.settings);
    const given = name ?? this.#freeName(installed);
    const served: ServedModel = { name: given, installed: { ...installed, name: given }, temporary: true };
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
    if (known && known.stamp === this.#stampOf(known.served.installed.folder)) return known.served;
    try {
      const installed = await this.#store.get(name);
      const served = { name: installed.name, installed, temporary: false };
      this.#known.set(name, { served, stamp: this.#stampOf(installed.folder) });
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
    using lease = await this.#pool.lease(served, signal);
    return lease.status;
  }

  async unload(name: string, options: { force?: boolean } = {}): Promise<boolean> {
    return this.#pool.unload(await this.find(name), options);
  }

  loaded(): LoadedModelStatus[] {
    return this.#pool.statuses();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close({ force: true });
  }

  async #loadModel(served: ServedModel, signal: AbortSignal): Promise<ModelHost> {
    const registered = await this.#registered(served);
    const order = loadOrder(registered, served, this.settings);
    this.settings.log?.({ level: 'info', message: 'loading', model: served.name });
    const inProcess = this.settings.isolation === 'none'; // a process of the caller's, started for who knows how many threads
    if (!inProcess) order.options.threads ??= await freeCores();
    const host = inProcess ? await loadInProcess(await (await this.registry()).load(registered), order, { signal }) : await spawnRunner(order, { signal, logFolder: logFolder(served) });
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
    const validation = handler.validateInputs(request, request.task);
    if (!validation.ok) throw new LlmiError(validation.code ?? 'INPUT_INVALID', { message: validation.error, hint: validation.hint, param: validation.param });
  }

  /** When the model's llmi.json was last written, and when a model was last added or removed: a name may mean another then. */
  #stampOf(folder: string): string {
    return [join(folder, 'llmi.json'), this.#store.folder].map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs).join();
  }

  /** The model's own name, numbered where another attached model has it already. */
  #freeName({ name, path, info }: InstalledModel): string {
    const isOther = (candidate: string) => {
      const taken = this.#attached.get(candidate)?.installed;
      return taken !== undefined && (taken.path !== path || taken.info.chosenFiles.join() !== info.chosenFiles.join());
    };
    let candidate = name;
    for (let number = 2; isOther(candidate); number++) candidate = `${name}-${number}`;
    return candidate;
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

function notServed(name: string, served: string[], cause: LlmiError): LlmiError {
  const near = nearest(name, served);
  return new LlmiError('MODEL_NOT_INSTALLED', {
    message: `There is no model "${name}" here.`,
    hint: near ? `Did you mean "${near}"?` : `There are: ${served.join(', ')}.`,
    param: 'model',
    cause,
  });
}
