import type { BaseHandler } from './base-handler.js';
import type { ModelInfo } from './model-info.js';

/** What the entry of a handler package exports by default. */
export interface HandlerDefinition {
  /** As in the manifest. */
  readonly name: string;
  /** Makes the handler of one model. Must not load anything. */
  create(model: ModelInfo): BaseHandler;
  /** What the manifest's patterns cannot say: false when the handler does not take the model after all. Loads nothing heavy. */
  matches?(model: ModelInfo): boolean;
}

const brand = Symbol.for('llmi.handler');

/** Marks a handler as one that this version of llmi can use. The result is the default export of the package's entry. */
export function defineHandler(definition: HandlerDefinition): HandlerDefinition {
  return Object.freeze({ ...definition, [brand]: true });
}

/** True for what `defineHandler` of any copy of this package made. */
export function isHandlerDefinition(value: unknown): value is HandlerDefinition {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}
