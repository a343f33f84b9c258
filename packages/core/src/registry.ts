import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BaseHandler } from './base-handler.js';
import { isHandlerDefinition, type HandlerDefinition } from './define-handler.js';
import { builtInScope, discoverHandlers, type DiscoverOptions, type DiscoveryProblem, type HandlerOrigin, type HandlerPackage } from './discovery.js';
import { LlmiError } from './errors.js';
import { knownHandlers } from './known-handlers.js';
import { nearestKind } from './nearest-kind.js';
import { handlerManifestSchema, type HandlerManifest } from './manifest.js';
import { matchManifest, type MatchVerdict } from './match.js';
import type { ModelInfo } from './model-info.js';
import type { z } from 'zod';

/** One handler that can be chosen. */
export interface RegisteredHandler {
  package: string;
  version: string;
  folder: string | undefined; // undefined for one registered by code
  origin: HandlerOrigin | 'code';
  manifest: HandlerManifest;
}

/** A handler's place in the ranking for one model. */
export interface RankedHandler extends MatchVerdict {
  handler: RegisteredHandler;
}

export interface SelectOptions {
  /** By task: the handler or package that settles a tie, or may override a built-in one. */
  prefer?: Record<string, string>;
}

/** The handlers there are, found by manifest or registered by code, and the choice among them. */
export class HandlerRegistry {
  readonly problems: DiscoveryProblem[] = [];
  readonly #handlers: RegisteredHandler[] = [];
  readonly #definitions = new Map<RegisteredHandler, HandlerDefinition>();

  /** Reads the manifests that can be found. Runs no code of any handler. */
  static async discover(options: DiscoverOptions): Promise<HandlerRegistry> {
    const { packages, problems } = await discoverHandlers(options);
    const registry = new HandlerRegistry();
    registry.problems.push(...problems);
    const builtInFirst = [...packages].sort((left, right) => Number(isBuiltIn(right.name)) - Number(isBuiltIn(left.name)));
    for (const found of builtInFirst) registry.#add(found);
    return registry;
  }

  get handlers(): readonly RegisteredHandler[] {
    return this.#handlers;
  }

  /**
   * Registers a handler of the program's own, without a package.
   * @throws {LlmiError} HANDLER_CONFLICT when the name is taken
   */
  register(definition: HandlerDefinition, manifest: z.input<typeof handlerManifestSchema>): void {
    const handler: RegisteredHandler = {
      package: `(code) ${definition.name}`,
      version: '0.0.0',
      folder: undefined,
      origin: 'code',
      manifest: handlerManifestSchema.parse(manifest),
    };
    const taken = this.#handlers.find((other) => other.manifest.name === definition.name);
    if (taken) throw conflict(`Handler "${definition.name}" is already registered by ${taken.package}.`, 'Give your handler a name of its own.');
    this.#handlers.push(handler);
    this.#definitions.set(handler, definition);
  }

  /** Every handler, best first, with why it does or does not take the model. */
  rank(model: ModelInfo, options: SelectOptions = {}): RankedHandler[] {
    const ranked = this.#handlers.map((handler) => ({ handler, ...matchManifest(handler.manifest, model) }));
    return ranked.sort((left, right) => order(right, options) - order(left, options) || compareVerdicts(left, right));
  }

  /**
   * The handler that takes the model.
   * @throws {LlmiError} HANDLER_NOT_FOUND with the package that would take it, MODEL_FORMAT_UNSUPPORTED, HANDLER_CONFLICT when two are equal
   */
  async select(model: ModelInfo, options: SelectOptions = {}): Promise<RegisteredHandler> {
    const ranked = this.rank(model, options);
    const takers = ranked.filter(({ taken }) => taken);
    for (const [index, entry] of takers.entries()) {
      if (!(await this.#takes(entry.handler, model))) continue;
      for (const rival of takers.slice(index + 1)) {
        if (order(entry, options) !== order(rival, options) || compareVerdicts(entry, rival) !== 0) break;
        if (await this.#takes(rival.handler, model)) throw tie(model, entry.handler, rival.handler);
      }
      return entry.handler;
    }
    throw noHandler(model, ranked);
  }

  /** Finds a handler by its name, as llmi.json keeps it. */
  get(name: string): RegisteredHandler | undefined {
    return this.#handlers.find((handler) => handler.manifest.name === name);
  }

  /**
   * The handler's code, imported on first use.
   * @throws {LlmiError} HANDLER_INVALID when it cannot be imported or is not what its manifest says
   */
  async load(handler: RegisteredHandler): Promise<HandlerDefinition> {
    const known = this.#definitions.get(handler);
    if (known) return known;
    const definition = await importHandler(handler.package, handler.folder!, handler.manifest);
    this.#definitions.set(handler, definition);
    return definition;
  }

  /** A handler for one model: chosen, imported, made. */
  async create(model: ModelInfo, options?: SelectOptions): Promise<{ handler: BaseHandler; registered: RegisteredHandler }> {
    const registered = await this.select(model, options);
    return { handler: (await this.load(registered)).create(model), registered };
  }

  /** What the handler itself says, where patterns cannot: its code is imported only when its manifest already fits. */
  async #takes(handler: RegisteredHandler, model: ModelInfo): Promise<boolean> {
    const definition = await this.load(handler);
    try {
      return definition.matches?.(model) ?? true;
    } catch (cause) {
      throw unusable(handler.package, handler.manifest.name, `its matches() failed: ${messageOf(cause)}`, cause);
    }
  }

  #add(found: HandlerPackage): void {
    for (const manifest of found.handlers) {
      const taken = this.#handlers.find((other) => other.manifest.name === manifest.name);
      if (taken) {
        this.problems.push({ package: found.name, folder: found.folder, problem: `its handler "${manifest.name}" has the name of one of ${taken.package}, which is kept` });
        continue;
      }
      this.#handlers.push({ package: found.name, version: found.version, folder: found.folder, origin: found.origin, manifest });
    }
  }
}

function isBuiltIn(packageName: string): boolean {
  return packageName.startsWith(builtInScope);
}

/** 3: preferred by the user; 2: the program's own; 1: comes with llmi; 0: a third party. Then how specific the match is. */
function order({ handler, taken }: RankedHandler, { prefer = {} }: SelectOptions): number {
  if (!taken) return -1;
  const preferred = handler.manifest.tasks.some((task) => prefer[task] === handler.manifest.name || prefer[task] === handler.package);
  if (preferred) return 3;
  if (handler.origin === 'code') return 2;
  return isBuiltIn(handler.package) ? 1 : 0;
}

function compareVerdicts(left: RankedHandler, right: RankedHandler): number {
  return right.specificity - left.specificity || right.handler.manifest.priority - left.handler.manifest.priority;
}

function conflict(message: string, hint: string): LlmiError {
  return new LlmiError('HANDLER_CONFLICT', { message, hint });
}

function tie(model: ModelInfo, first: RegisteredHandler, second: RegisteredHandler): LlmiError {
  const name = (handler: RegisteredHandler) => `"${handler.manifest.name}" of ${handler.package}`;
  return conflict(
    `Two handlers fit ${model.id} equally well: ${name(first)} and ${name(second)}.`,
    `Settle it with: llmi config set handlers.prefer.${first.manifest.tasks[0]} ${first.manifest.name}`,
  );
}

/** Why nobody takes the model: a handler that knows its kind but not its format, one that is not installed, or none there is. */
function noHandler(model: ModelInfo, ranked: RankedHandler[]): LlmiError {
  const refused = ranked.find(({ refusal }) => refusal !== undefined);
  if (refused) {
    return new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
      message: `Handler "${refused.handler.manifest.name}" knows this kind of model, but ${refused.refusal}.`,
      hint: `Look for a repository of the same model in ${refused.handler.manifest.formats.join(' or ').toUpperCase()} format (often named "<model>-${(refused.handler.manifest.formats[0] ?? '').toUpperCase()}").`,
    });
  }
  const known = knownHandlers
    .map((entry) => ({ entry, verdict: matchManifest(handlerManifestSchema.parse(entry.manifest), model) }))
    .filter(({ verdict }) => verdict.specificity > 0)
    .sort((left, right) => right.verdict.specificity - left.verdict.specificity)[0];
  const kind = [model.architectures[0], model.modelType, model.pipelineClass, model.pipelineTag].find((value) => value !== undefined);
  return new LlmiError('HANDLER_NOT_FOUND', {
    message: `No installed handler takes ${model.id}${kind === undefined ? '' : ` (${kind})`}.`,
    hint: known ? `Install the one that does: npm install ${known.entry.package}` : `${nearestTaken(model, ranked)}"llmi handlers" shows which there are; docs/add-a-handler.md says how to write one.`,
  });
}

/** The kind that some handler takes and that is named most like this one. */
function nearestTaken(model: ModelInfo, ranked: RankedHandler[]): string {
  const manifests = [...ranked.map(({ handler }) => handler.manifest), ...knownHandlers.map(({ manifest }) => handlerManifestSchema.parse(manifest))];
  const kinds = manifests.flatMap(({ match }) => [...match.architectures, ...match.modelTypes, ...match.pipelineClasses]).filter((kind) => !/[*?]/.test(kind));
  const own = [...model.architectures, model.modelType, model.pipelineClass].filter((kind) => kind !== undefined);
  const near = own.map((kind) => nearestKind(kind, kinds)).find((kind) => kind !== undefined);
  return near === undefined ? '' : `The nearest kind that one takes is ${near}. `;
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

function unusable(packageName: string, handlerName: string, problem: string, cause: unknown): LlmiError {
  return new LlmiError('HANDLER_INVALID', {
    message: `Handler "${handlerName}" of ${packageName} cannot be used: ${problem}.`,
    hint: `Reinstall or update ${packageName}; if that does not help, tell its author.`,
    cause,
  });
}

/**
 * Imports a handler's entry. The file must lie inside the package, whatever links are in between.
 * @throws {LlmiError} HANDLER_INVALID
 */
export async function importHandler(packageName: string, folder: string, manifest: HandlerManifest): Promise<HandlerDefinition> {
  const invalid = (problem: string, cause?: unknown) => unusable(packageName, manifest.name, problem, cause);
  const root = await realpath(folder).catch((cause: unknown) => {
    throw invalid('its folder is gone', cause);
  });
  const entry = await realpath(join(root, manifest.entry)).catch((cause: unknown) => {
    throw invalid(`its entry ${manifest.entry} does not exist`, cause);
  });
  const inside = relative(root, entry);
  if (inside.startsWith('..') || isAbsolute(inside)) throw invalid('its entry lies outside the package');
  let exported: unknown;
  try {
    exported = ((await import(pathToFileURL(entry).href)) as { default?: unknown }).default;
  } catch (cause) {
    throw invalid(`importing it failed: ${messageOf(cause)}`, cause);
  }
  if (!isHandlerDefinition(exported)) throw invalid('the default export of its entry is not made by defineHandler()');
  if (exported.name !== manifest.name) throw invalid(`its code calls itself "${exported.name}"`);
  return exported;
}
