import type { GenerateEvent, GenerateRequest, LlmiError, LoadedModelInfo } from '@llmi/core';

/** One of several processes with the same model. */
export interface ReplicaStatus {
  pid: number | undefined;
  /** Requests in work. */
  active: number;
  memoryBytes: number | undefined;
}

/** A model in memory, wherever it lives: in a runner process or in this one. */
export interface ModelHost extends AsyncDisposable {
  readonly info: LoadedModelInfo;
  /** Of the runner; undefined in this process. */
  readonly pid: number | undefined;
  /** Resident memory of the runner when it last said; undefined in this process. */
  readonly memoryBytes: number | undefined;
  /** Those that are ready, where the model is in several processes. */
  readonly replicas?: ReplicaStatus[];
  /** It takes no more requests, though it may not be gone yet. */
  readonly ended: boolean;
  /** Resolves when the model is gone, however it went: with the reason when it went by itself. */
  readonly gone: Promise<LlmiError | undefined>;
  generate(request: GenerateRequest, options: { signal?: AbortSignal }): AsyncIterable<GenerateEvent>;
  /** Ends it at once, work in progress or not. */
  kill(): void;
}
