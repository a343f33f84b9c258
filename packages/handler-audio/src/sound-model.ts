import type { GenerateEvent, ModelInfo } from '@llmi/core';
import type { AudioInput } from '@llmi/media/audio';
import type { OnnxLoadOptions } from '@llmi/runtime-onnx';
import type { AudioTask } from './find-kind.js';
import type { GraphSets, OnnxVariant } from './onnx-files.js';
import type { TranscribeOptions } from './transcription.js';

/** A sound to work on. */
export interface SoundInput {
  input: AudioInput;
  /** The request field that errors are about. */
  param?: string;
}

/** How a text is spoken. */
export interface SpeechOptions {
  /** By name; the model's own, or its first one, unless said. */
  voice?: string;
  /** 1 is normal. */
  speed?: number;
  /** Of the random numbers that some models speak with. */
  seed?: number;
  format?: SpeechFormat;
}
export type SpeechFormat = 'wav' | 'mp3';

/** How a sound is given labels. */
export interface ClassifyOptions {
  /** How many labels to give; 5 unless said, Infinity for all. */
  topK?: number;
  /** Leaves out labels with a lower score. */
  threshold?: number;
  /** Labels to choose from, for models that take any, and the sentence around them, with {} in it. */
  labels?: readonly string[];
  template?: string;
}

/** One piece of work, checked. */
export type Work =
  | { task: 'automatic-speech-recognition'; sound: SoundInput; options: TranscribeOptions }
  | { task: 'audio-classification'; sound: SoundInput; options: ClassifyOptions }
  | { task: 'zero-shot-audio-classification'; sound: SoundInput; options: ClassifyOptions }
  | { task: 'voice-activity-detection'; sound: SoundInput; options: { threshold?: number } }
  | { task: 'text-to-speech'; text: string; isPhonemes: boolean; options: SpeechOptions };
export type WorkOf<Task extends AudioTask> = Extract<Work, { task: Task }>;

/** A model in memory. */
export interface SoundModel extends AsyncDisposable {
  /** `done` comes once, and last. */
  run(work: Work, signal?: AbortSignal): AsyncGenerator<GenerateEvent>;
}

/** What a model is loaded with. */
export interface LoadContext {
  model: ModelInfo;
  folder: string;
  variants: readonly OnnxVariant[];
  options: OnnxLoadOptions;
}

/** One way to be a model for sound: which graphs it is made of, what it can be asked, and how it is loaded. */
export interface SoundKind {
  task: AudioTask;
  graphs(model: ModelInfo): GraphSets;
  /** Fields of a request that count, beside those that always do. */
  fields: readonly string[];
  /** One sentence per mode. */
  modes: Record<string, string>;
  load(context: LoadContext): Promise<SoundModel>;
}
