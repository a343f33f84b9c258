import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HandlerRegistry, LlmiError, type BaseHandler, type GenerateRequest, type RegisteredHandler } from '@llmi/core';
import { ModelStore, parseReference, type InstalledModel } from '@llmi/hub';
import { answerEnvelope, withEnvelope } from './answer.js';
import { freeName, notServed } from './attached-names.js';
import { draftFile, settingFor } from './by-model.js';
import { checkAny } from './conversion/check-any.js';
import type { ConvertModelOptions } from './conversion/contract.js';
import { convertModel } from './conversion/convert-model.js';
import type { AnsweredEvent, CheckOptions, CheckReport, DoctorItem, Engine, GenerateCall, InstallOptions, LoadCall, LoadedModelStatus, MachineInfo, ModelDescription, ServedModel } from './contract.js';
import { examine } from './doctor/examine.js';
import { loadInProcess } from './in-process-host.js';
import { installAny } from './conversion/install-any.js';
import { describeLocal } from './install.js';
import type { CareOptions, RemoveModelOptions } from './installed/contract.js';
import { LastUse } from './installed/last-use.js';
import { ModelCare } from './installed/model-care.js';
import { handlerOf, loadOrder, logFolder, threadsFor } from './load-order.js';
import { readMachine } from './machine.js';
import type { ModelHost } from './model-host.js';
import { ModelPool, type LoadOptions } from './model-pool.js';
import type { ProjectInstallOptions, ProjectModel } from './project/contract.js';
import { installProject } from './project/install-project.js';
import { ProjectModels } from './project/project-models.js';
import { RemoteModels } from './remote/remote-models.js';
import { spawnRunner } from './runner/spawn.js';
import type { Settings } from './settings.js';
import type { TrainingOptions, TrainingRecipe } from './training/contract.js';
import { trainingRecipe } from './training/training-recipe.js';

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
  readonly #lastUse = new LastUse();
  readonly #project: ProjectModels;
  readonly #remotes: RemoteModels;
  readonly #handlers = new WeakMap<ServedModel, BaseHandler>();
  #registry: Promise<HandlerRegistry> | undefined;

  constructor(readonly settings: Settings) {
    this.#store = new ModelStore(settings.home);
    this.#project = new ProjectModels(settings.projectDir);
    this.#remotes = new RemoteModels(settings.remotes ?? [], settings.log);
    this.#pool = new ModelPool({
      maxQueue: settings.maxQueue,
      keepAliveMs: settings.keepAliveMinutes * 60_000,
      load: (model, options) => this.#loadModel(model, options),
      replicas: async (model) => (this.#remotes.has(model) ? 1 : ((await settingFor(model, settings.replicas, (name) => this.find(name))) ?? 1)),
      log: settings.log,
    });
  }

  registry(): Promise<HandlerRegistry> {
    const { projectDir, home, installationDir } = this.settings;
    return (this.#registry ??= HandlerRegistry.discover({ projectDir, home, installationDir }));
  }

  machine(): Promise<MachineInfo> {
    return readMachine(this.settings.home);
  }

  async check(reference: string, options: CheckOptions = {}): Promise<CheckReport> {
    return checkAny(this.#reference(reference), await this.registry(), this.settings, options);
  }

  async install(text: string, options: InstallOptions = {}): Promise<InstalledModel> {
    return installAny(this.#reference(text), await this.registry(), this.settings, options);
  }

  async installProject(options: ProjectInstallOptions = {}): Promise<ProjectModel[]> {
    const manifest = await this.#project.manifest();
    if (manifest && Object.keys(manifest.models).length > 0) return installProject(manifest, await this.registry(), this.settings, options);
    throw new LlmiError('USAGE', {
      message: manifest ? `${manifest.file} declares no models.` : 'There is no project here, and no model is named.',
      hint: 'Name a model, or declare the models of a project in package.json: "llmi": {"models": {"chat": "Qwen/Qwen3-0.6B-GGUF:Q8_0"}}',
    });
  }

  async convert(reference: string, options: ConvertModelOptions = {}) {
    return convertModel(this.#reference(reference), await this.registry(), this.settings, options);
  }

  async trainConfig(name: string, options: TrainingOptions): Promise<TrainingRecipe> {
    const served = await this.find(name);
    return trainingRecipe(served.installed, await this.#handlerFor(served), options);
  }

  list() {
    return this.#store.list();
  }

  async remove(name: string, options: RemoveModelOptions = {}) {
    const served = await this.find(name);
    if (!options.dryRun) await this.#pool.unload(served);
    return this.#store.remove(served.installed.name, { ...options, cacheDir: this.settings.hub.cacheDir });
  }

  async update(names: string[], options: CareOptions = {}) {
    return this.#care(await this.registry()).update(names, options);
  }

  async fix(names: string[], options: CareOptions = {}) {
    return this.#care(await this.registry()).fix(names, options);
  }

  async doctor(): Promise<DoctorItem[]> {
    return examine(this.settings, await this.registry(), await this.#store.list());
  }

  async attach(path: string, name?: string): Promise<ServedModel> {
    const folder = resolve(path);
    const installed = existsSync(join(folder, 'llmi.json'))
      ? await this.#store.get(folder)
      : await describeLocal(this.#localReference(path), await this.registry(), this.settings);
    const given = name ?? freeName(installed, this.#attached);
    const served: ServedModel = { name: given, installed: { ...installed, name: given }, temporary: true };
    this.#attached.set(served.name, served);
    return served;
  }

  async models(): Promise<ServedModel[]> {
    const { models } = await this.#store.list();
    const installed = models.filter((model) => !this.#attached.has(model.name)).map((model) => ({ name: model.name, installed: model, temporary: false }));
    return [...this.#attached.values(), ...(await this.#remotes.models()), ...installed];
  }

  async find(name: string): Promise<ServedModel> {
    const attached = this.#attached.get(name);
    if (attached) return attached;
    const remote = await this.#remotes.find(name);
    if (remote) return remote;
    const known = this.#known.get(name);
    if (known && known.stamp === this.#stampOf(known.served.installed.folder)) return known.served;
    try {
      const installed = (await this.#project.find(name, this.#store)) ?? (await this.#store.get(name));
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

  async *generate(name: string, request: GenerateRequest, call: GenerateCall = {}): AsyncIterable<AnsweredEvent> {
    const { model: _asked, ...body } = request;
    const served = await this.find(name);
    await this.#validate(served, body);
    this.#lastUse.note(served);
    using lease = await this.#pool.lease(served, call);
    yield* withEnvelope(lease.host.generate(body, { signal: call.signal }), (done) => {
      lease.answered();
      return answerEnvelope(served, lease.waited, done);
    });
  }

  async answer(name: string, request: GenerateRequest, call: GenerateCall = {}) {
    for await (const event of this.generate(name, request, call)) {
      if (event.type === 'done') return { result: event.result, envelope: event.envelope };
    }
    throw new LlmiError('INTERNAL', { message: `${name} ended its answer without saying so.`, hint: 'This is a fault of its handler.' });
  }

  async load(name: string, call: LoadCall = {}): Promise<LoadedModelStatus> {
    const served = await this.find(name);
    this.#lastUse.note(served);
    using lease = await this.#pool.lease(served, call);
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
    await this.#remotes[Symbol.asyncDispose]();
  }

  async #loadModel(served: ServedModel, { signal, replica, replicas }: LoadOptions): Promise<ModelHost> {
    if (this.#remotes.has(served)) return this.#remotes.open(served);
    const registered = await this.#registered(served);
    const order = loadOrder(registered, served, this.settings);
    this.settings.log?.({ level: 'info', message: 'loading', model: served.name });
    const inProcess = this.settings.isolation === 'none'; // a process of the caller's, started for who knows how many threads
    const draft = await settingFor(served, this.settings.drafts, (name) => this.find(name));
    if (draft !== undefined) order.options.draft = await draftFile(draft, (name) => this.find(name));
    if (!inProcess) order.options.threads ??= await threadsFor(replicas);
    const host = inProcess ? await loadInProcess(await (await this.registry()).load(registered), order, { signal }) : await spawnRunner(order, { signal, logFolder: logFolder(served, replica), limits: this.settings.runnerLimits });
    this.settings.log?.({ level: 'info', message: 'loaded', model: served.name, pid: host.pid, ...host.info });
    void host.gone.then(() => this.settings.log?.({ level: 'info', message: 'unloaded', model: served.name, pid: host.pid }));
    return host;
  }

  async #registered(served: ServedModel): Promise<RegisteredHandler> {
    return handlerOf(await this.registry(), served);
  }

  /** The handler of a model, in this process: it answers questions, and never loads weights here. */
  async #handlerFor(served: ServedModel): Promise<BaseHandler> {
    const known = this.#handlers.get(served) ?? this.#remotes.handlerOf(served);
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
    return [...[join(folder, 'llmi.json'), this.#store.folder].map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs), this.#project.stamp].join();
  }

  #care(registry: HandlerRegistry): ModelCare {
    return new ModelCare(this.#store, registry, this.settings);
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
