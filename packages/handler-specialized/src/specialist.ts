import type { GenerateEvent, GenerateRequest, MemoryPart, ModelInfo } from '@llmi/core';
import type { OnnxVariant, TransformersLoadOptions } from '@llmi/runtime-transformers';
import type { SpecializedTask } from './find-tasks.js';

/** A model in memory, doing what it was made for. */
export interface Specialist extends AsyncDisposable {
  readonly info: { device: string; dtype: string; threads: number; contextLength?: number };
  /** Answers a checked request; `done` comes once, and last. */
  run(request: GenerateRequest, task: SpecializedTask, signal?: AbortSignal): AsyncGenerator<GenerateEvent>;
}

/** What a specialist is loaded with. */
export interface LoadContext {
  model: ModelInfo;
  folder: string;
  options: TransformersLoadOptions;
}

/** One way to be a specialized model: which graphs it is made of, what it can be asked, and how it is loaded. */
export interface SpecialistKind {
  /** Those to load, in the asked-for dtype, else the most exact. @throws {LlmiError} MODEL_FILE_MISSING, FILE_CHOICE_EMPTY */
  graphs(model: ModelInfo, dtype?: string): OnnxVariant[];
  /** What is live while a small and a large request is answered, of kinds whose configuration does not tell. */
  activations?: { small: MemoryPart; large: MemoryPart };
  /** Fields of a request that count, beside those that always do. */
  fields: readonly string[];
  /** One sentence per mode, `auto` first. */
  modes: Record<string, string>;
  /** Checks what no schema says. @throws {LlmiError} INPUT_INVALID */
  check?(request: GenerateRequest): void;
  load(context: LoadContext): Promise<Specialist>;
}
