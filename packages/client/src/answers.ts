import type { AnswerEnvelope, GenerateEvent, ModelCapabilities, ResultOf, ResultType } from '@llmi/core';

/** The answer of a request: what the model made, which model made it, and where the time went. */
export type Answer<Type extends ResultType = ResultType> = Type extends ResultType ? ResultOf<Type> & AnswerEnvelope : never;

/** What a model yields while it works. `done` comes once, and last, with the whole answer. */
export type ClientEvent = Exclude<GenerateEvent, { type: 'done' }> | { type: 'done'; answer: Answer; fullText?: string };

/** The kinds of answers that each task of the hub is answered with. */
export interface AnswersByTask {
  'text-generation': 'text';
  translation: 'text';
  summarization: 'text';
  'image-text-to-text': 'multimodal_response';
  'feature-extraction': 'embedding';
  'sentence-similarity': 'embedding';
  'image-feature-extraction': 'embedding';
  'text-ranking': 'rerank';
  'text-to-image': 'image';
  'image-to-image': 'image';
  'background-removal': 'image';
  'text-to-video': 'video';
  'text-to-speech': 'audio';
  'automatic-speech-recognition': 'transcription';
  'audio-classification': 'classification';
  'image-classification': 'classification';
  'zero-shot-image-classification': 'classification';
  'text-classification': 'classification';
  'zero-shot-classification': 'classification';
  'object-detection': 'detection';
  'image-segmentation': 'segmentation';
  'depth-estimation': 'depth';
  'token-classification': 'tokens';
  'question-answering': 'answer';
  'time-series-forecasting': 'forecast';
}

/** The answer of a request with this task; of one without, or with another, any. */
export type AnswerOfTask<Task> = Task extends keyof AnswersByTask ? Answer<AnswersByTask[Task]> : Answer;

export interface ModelStatus {
  loaded: boolean;
  state?: 'loading' | 'ready' | 'stopping';
  pid?: number | null;
  loadedAt?: string;
  lastUsedAt?: string;
  active?: number;
  waiting?: number;
  memoryBytes?: number | null;
  /** Its processes, where the model is to run in several. */
  replicas?: { pid: number | null; active: number; memoryBytes: number | null }[];
  device?: string | null;
  contextLength?: number | null;
  parallel?: number | null;
}

/** A model that can be asked for. */
export interface ServedModel extends ModelStatus {
  name: string;
  task: string | null;
  modelType: string;
  modelFamily: string;
  revision: string | null;
  quantization: string | null;
  handler: string;
  handlerVersion: string;
  sizeBytes: number;
  installedAt: string;
  temporary: boolean;
}

export interface ModelList {
  models: ServedModel[];
  defaultModel: string | null;
}

export type Capabilities = ModelCapabilities & {
  modeDescriptions: Record<string, string>;
  textGeneration: boolean;
  imageGeneration: boolean;
  multimodal: boolean;
  modes: string[];
};

export interface ModelDetails {
  modelId: string;
  modelType: string;
  modelFamily: string;
  revision: string | null;
  quantization: string | null;
  capabilities: ModelCapabilities & { modeDescriptions: Record<string, string> };
  device: string | null;
  dtype: string | null;
  contextLength: number | null;
  streamMode: boolean;
  loraLoaded: boolean;
  loraPath: string | null;
  loaded: boolean;
  memory: { modelBytes: number | null; serverBytes: number; requiredBytes: number };
  versions: { llmi: string; node: string; handler: string };
}

export interface Health {
  status: 'healthy';
  modelLoaded: boolean;
  timestamp: string;
  version: string;
}

/** A medium on the server: requests name it by its id, for an hour. */
export interface Upload {
  id: string;
  size: number; // bytes
  contentType: string;
}

