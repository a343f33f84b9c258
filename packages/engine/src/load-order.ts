import { join } from 'node:path';
import { LlmiError, type HandlerRegistry, type RegisteredHandler } from '@llmi/core';
import type { ServedModel } from './contract.js';
import { freeCores } from './free-cores.js';
import { usableCores } from './machine.js';
import type { LoadOrder } from './runner/protocol.js';
import type { Settings } from './settings.js';

/**
 * The handler a model was installed with.
 * @throws {LlmiError} HANDLER_NOT_FOUND when its package is gone
 */
export function handlerOf(registry: HandlerRegistry, { installed }: ServedModel): RegisteredHandler {
  const handler = registry.get(installed.handler.name);
  if (handler && handler.package === installed.handler.package) return handler;
  throw new LlmiError('HANDLER_NOT_FOUND', {
    message: `${installed.name} was installed with handler "${installed.handler.name}" of ${installed.handler.package}, which is not installed${handler ? ` (${handler.package} has that name now)` : ''}.`,
    hint: `Install it (npm install ${installed.handler.package}), or install the model again to choose another handler.`,
  });
}

/**
 * What a runner is told, for one model.
 * @throws {LlmiError} HANDLER_INVALID for a handler registered by code, which no other process can import
 */
export function loadOrder(handler: RegisteredHandler, { installed }: ServedModel, settings: Settings): LoadOrder {
  if (handler.folder === undefined && settings.isolation === 'process') {
    throw new LlmiError('HANDLER_INVALID', {
      message: `Handler "${handler.manifest.name}" is registered by code, so a runner process cannot import it.`,
      hint: "Use isolation: 'none', or make it a package with a manifest.",
    });
  }
  const { threads, contextSize, parallel, kvCacheType, promptLookup } = settings;
  return {
    handler: { package: handler.package, folder: handler.folder ?? '', manifest: handler.manifest },
    model: installed.info,
    path: installed.path,
    options: { threads, contextSize, parallel, kvCacheType, promptLookup, ...installed.settings },
  };
}

/** Replicas have equal shares of the machine, whatever the first ones do while the last is started. */
export async function threadsFor(replicas: number): Promise<number> {
  return replicas === 1 ? freeCores() : Math.max(1, Math.floor((await usableCores()) / replicas));
}

/** The first replica writes where a single process does. */
export function logFolder({ installed }: ServedModel, replica: number): string | undefined {
  if (installed.folder === '') return undefined;
  return replica === 1 ? join(installed.folder, 'logs') : join(installed.folder, 'logs', `replica-${replica}`);
}
