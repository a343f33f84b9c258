import { LlmiError, type HandlerRegistry, type RegisteredHandler } from '@llmi/core';
import type { ServedModel } from './contract.js';
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

/** What a runner is told, for one model. */
export function loadOrder(handler: RegisteredHandler, { installed }: ServedModel, settings: Settings): LoadOrder {
  return {
    handler: { package: handler.package, folder: handler.folder!, manifest: handler.manifest },
    model: installed.info,
    path: installed.path,
    options: { threads: settings.threads, contextSize: settings.contextSize, parallel: settings.parallel, ...installed.settings },
  };
}
