import { modelInfoSchema, type BaseHandler, type LlmiError } from '@llmi/core';
import packageJson from '../../package.json' with { type: 'json' };
import type { ServedModel } from '../contract.js';
import { InProcessHost } from '../in-process-host.js';
import type { ModelHost } from '../model-host.js';
import type { LogEntry } from '../settings.js';
import { RemoteEndpoint } from './endpoint.js';
import { probe, type RemoteFacts } from './probe.js';
import { remoteHandlerName, type RemoteEngine } from './remote-engine.js';
import { RemoteHandler, remoteRequirements } from './remote-handler.js';
import type { Replica } from './remote-model.js';

/** After this time an engine is asked again which models it has, while the last answer still counts. */
const freshMs = 30_000;

interface Known {
  endpoint: RemoteEndpoint;
  facts: RemoteFacts | undefined;
  askedAt: number;
  asking: Promise<void> | undefined;
}

/** The models of other engines on the network, by the names they have here. */
export class RemoteModels implements AsyncDisposable {
  readonly #engines: Known[];
  /** A model keeps its identity while it is there: what is known of it is kept by it. */
  readonly #served = new Map<string, { served: ServedModel; handler: RemoteHandler }>();
  readonly #startedAt = new Date().toISOString();

  constructor(
    engines: readonly RemoteEngine[],
    readonly log: ((entry: LogEntry) => void) | undefined,
  ) {
    this.#engines = engines.map((engine) => {
      const known: Known = { endpoint: new RemoteEndpoint(engine, () => this.#ask(known)), facts: undefined, askedAt: 0, asking: undefined };
      return known;
    });
  }

  async models(): Promise<ServedModel[]> {
    if (this.#engines.length === 0) return [];
    await this.#refresh();
    return [...this.#replicas().keys()].map((name) => this.#entry(name).served);
  }

  async find(name: string): Promise<ServedModel | undefined> {
    if (!this.#engines.some(({ endpoint }) => name === endpoint.engine.name || name.startsWith(`${endpoint.engine.name}/`))) return undefined;
    await this.#refresh();
    return this.#replicas().has(name) ? this.#entry(name).served : undefined;
  }

  /** The handler of a model, where it is one of these. */
  handlerOf(served: ServedModel): BaseHandler | undefined {
    return this.has(served) ? this.#entry(served.name).handler : undefined;
  }

  has({ installed }: ServedModel): boolean {
    return installed.source === 'remote';
  }

  /** A model that needs no process here: its work is done elsewhere. */
  async open({ name }: ServedModel): Promise<ModelHost> {
    return new InProcessHost(name, await this.#entry(name).handler.loadModel());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#engines.map(({ endpoint }) => endpoint[Symbol.asyncDispose]()));
  }

  /** Waits for engines that were never asked; others are asked again without waiting. */
  async #refresh(): Promise<void> {
    const now = Date.now();
    for (const known of this.#engines) {
      if (now - known.askedAt < freshMs || known.endpoint.isResting) continue;
      known.askedAt = now;
      known.asking = this.#ask(known).then(() => undefined);
    }
    await Promise.all(this.#engines.map(({ facts, asking }) => (facts ? undefined : asking)));
  }

  async #ask(known: Known): Promise<boolean> {
    const { name } = known.endpoint.engine;
    try {
      known.facts = await probe(known.endpoint);
      known.endpoint.worked();
      return true;
    } catch (error) {
      this.log?.({ level: 'warn', message: 'remote engine does not answer', model: name, reason: (error as LlmiError).message });
      known.endpoint.failed();
      return false;
    }
  }

  /** By name, every engine that has the model. One that never answered is taken to have one model. */
  #replicas(): Map<string, Replica[]> {
    const found = new Map<string, Replica[]>();
    for (const { endpoint, facts } of this.#engines) {
      const { name, model = name, task } = endpoint.engine;
      const { speaks, models } = facts ?? { speaks: 'openai' as const, models: [{ id: model, tasks: task === undefined ? [] : [task] }] };
      for (const of of models) {
        const called = models.length === 1 ? name : `${name}/${of.id}`;
        found.set(called, [...(found.get(called) ?? []), { endpoint, speaks, model: of }]);
      }
    }
    return found;
  }

  #entry(name: string): { served: ServedModel; handler: RemoteHandler } {
    const replicas = this.#replicas().get(name) ?? [];
    const known = this.#served.get(name);
    if (known) return known;
    const [task] = replicas[0]?.model.tasks ?? [];
    const info = modelInfoSchema.parse({ id: name, source: 'remote', files: [], task, pipelineTag: task, modelType: 'remote' });
    const served: ServedModel = {
      name,
      temporary: true,
      installed: {
        name,
        id: name,
        source: 'remote',
        path: replicas[0]?.endpoint.engine.url ?? name,
        folder: '',
        handler: { package: packageJson.name, name: remoteHandlerName, version: packageJson.version },
        info,
        tasks: replicas[0]?.model.tasks ?? [],
        requirements: remoteRequirements,
        files: [],
        sizeBytes: 0,
        installedAt: this.#startedAt,
        settings: {},
      },
    };
    const entry = { served, handler: new RemoteHandler(info, () => this.#replicas().get(name) ?? []) };
    this.#served.set(name, entry);
    return entry;
  }
}
