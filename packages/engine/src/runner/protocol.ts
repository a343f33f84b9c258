import type { ErrorBody, GenerateEvent, GenerateRequest, HandlerManifest, LoadedModelInfo, LoadOptions, ModelInfo } from '@llmi/core';

/** What the runner is told to load: plain JSON, as everything between the two processes. */
export interface LoadOrder {
  handler: { package: string; folder: string; manifest: HandlerManifest };
  model: ModelInfo;
  path: string;
  options: Omit<LoadOptions, 'signal' | 'onProgress'>;
}

/** From the engine to a runner. */
export type ToRunner =
  | ({ type: 'load' } & LoadOrder)
  | { type: 'generate'; id: number; request: GenerateRequest }
  | { type: 'cancel'; id: number }
  | { type: 'ping' }
  | { type: 'stop' };

/** From a runner to the engine. `error` without an id is about loading; `memoryBytes` is the runner's resident memory. */
export type FromRunner =
  | { type: 'ready'; info: LoadedModelInfo; memoryBytes: number }
  | { type: 'events'; id: number; events: GenerateEvent[]; memoryBytes?: number }
  | { type: 'error'; id?: number; error: ErrorBody }
  | { type: 'cancelled'; id: number }
  | { type: 'pong' };
