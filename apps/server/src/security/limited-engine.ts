import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { LlmiError } from '@llmi/core';
import { Noted } from '../observe/noted.js';
import type { ServedEngine } from '../observe/observed-engine.js';
import { checkScope, type Grant, type Scope } from './api-keys.js';

const grants = new Noted<IncomingMessage, Grant>();

/** The models that whoever asks may ask for; unset for all of them. */
const allowed = new AsyncLocalStorage<readonly string[] | undefined>();

/** What the key of this request is good for. */
export function noteGrant(request: IncomingMessage, grant: Grant): void {
  grants.set(request, grant);
}

/** @throws {LlmiError} FORBIDDEN when the key of this request is for something else */
export function checkMay(request: IncomingMessage, scope: Scope): void {
  const grant = grants.of(request);
  if (grant) checkScope(grant, scope);
}

/** Does some work within the limits of a request. */
export function withinLimits<Result>(request: IncomingMessage, work: () => Result): Result {
  const models = grants.of(request)?.models;
  if (models === undefined && allowed.getStore() === undefined) return work();
  return allowed.run(models, work); // without limits too, where a job of somebody else with some goes on
}

/** Routes do their work within the limits of their requests. In the last hook: reading a body loses what was set before. */
export function keepLimits(app: FastifyInstance): void {
  app.addHook('preHandler', (request, _reply, done) => withinLimits(request.raw, done));
}

/** The same engine, of which a key with a list of models sees no others. Names are those that `find` gave. */
export function limitedEngine(engine: ServedEngine): ServedEngine {
  return {
    settings: engine.settings,
    models: async () => (await engine.models()).filter(({ name }) => mayUse(name)),
    loaded: () => engine.loaded().filter(({ name }) => mayUse(name)),
    find: async (name) => {
      if (allowed.getStore() === undefined) return engine.find(name);
      const model = await engine.find(name).catch(() => undefined);
      if (model && mayUse(model.name)) return model;
      throw notAllowed(name); // the same where there is none: what is there is not told
    },
    describe: (name) => (check(name), engine.describe(name)),
    validate: (name, request) => (check(name), engine.validate(name, request)),
    generate: (name, request, call) => (check(name), engine.generate(name, request, call)),
    answer: (name, request, call) => (check(name), engine.answer(name, request, call)),
    load: (name, call) => (check(name), engine.load(name, call)),
    unload: (name, options) => (check(name), engine.unload(name, options)),
    install: (reference, options) => (check(reference.replace(/@.*/, '')), engine.install(reference, options)),
    remove: (name, options) => (check(name), engine.remove(name, options)),
  };
}

/** A name stands for all quantizations of its model. */
function mayUse(name: string): boolean {
  const models = allowed.getStore();
  return models === undefined || models.some((model) => (model.endsWith('*') ? name.startsWith(model.slice(0, -1)) : name === model || name.startsWith(`${model}:`)));
}

function check(name: string): void {
  if (!mayUse(name)) throw notAllowed(name);
}

function notAllowed(name: string): LlmiError {
  return new LlmiError('FORBIDDEN', { message: `This API key may not use the model "${name.slice(0, 200)}".`, hint: 'GET /models lists those that it may use.', param: 'model' });
}
