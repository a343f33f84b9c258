import { relative } from 'node:path';
import {
  BaseHandler,
  collectAs,
  generateRequestSchema,
  jsonFile,
  LlmiError,
  parseInput,
  type Dependency,
  type GenerateEvent,
  type GenerateOptions,
  type InferenceParams,
  type LoadOptions,
  type ModelCapabilities,
  type ModelRequirements,
  type QuantizationOption,
  type ResultOf,
  type SystemDependency,
  type TrainingParams,
  type Validation,
} from '@llmi/core';
import type { AudioInput } from '@llmi/media/audio';
import { folderOfModel, readModelFolder } from '@llmi/runtime-onnx';
import { defaultTopK } from './classify/labels.js';
import { findKind } from './find-kind.js';
import { folderLayout } from './folder-layout.js';
import { kindOf } from './kinds.js';
import { LoadedAudioModel } from './loaded-audio-model.js';
import { resolveRequest } from './options.js';
import { deriveRequirements, quantizationOptions, systemDependencies } from './requirements.js';
import type { ClassifyOptions, SpeechOptions } from './sound-model.js';
import { phonemizerPackage } from './speech/phonemes.js';
import type { TranscribeOptions, Transcription } from './transcription.js';
import { validateFiles } from './validate-files.js';

/** Speech to text, text to speech, sounds to labels, with ONNX models. */
export class AudioHandler extends BaseHandler implements AsyncDisposable {
  readonly #loaded = new Set<LoadedAudioModel>();

  /** What writes text as phonemes, for models that read those. */
  getDependencies(): Dependency[] {
    if (findKind(this.model) !== 'kokoro') return [];
    return [{ name: phonemizerPackage, range: '^1.2.1', optional: true, reason: 'Writes text as phonemes, which this model reads (espeak-ng, GPL-3.0). Not needed in the mode "phonemes".' }];
  }

  getSystemDependencies(): SystemDependency[] {
    return systemDependencies();
  }

  async analyze(): Promise<ModelRequirements> {
    return deriveRequirements(this.model);
  }

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FILE_REFUSED, MODEL_FORMAT_UNSUPPORTED, MODEL_UNKNOWN_KIND, FILE_CHOICE_EMPTY, MODEL_LOAD_FAILED */
  async loadModel(path: string, options?: LoadOptions): Promise<LoadedAudioModel> {
    const folder = folderOfModel(path);
    const found = await readModelFolder(folder, folderLayout);
    const isGraphOfItsOwn = folder !== path && kindOf({ ...this.model, files: found.files }).graphs({ ...this.model, files: found.files })[0]!.length === 1;
    const onlyFile = isGraphOfItsOwn ? { chosenFiles: [relative(folder, path).replaceAll('\\', '/')] } : {};
    const loaded = await LoadedAudioModel.load(folder, { ...this.model, files: found.files, json: found.json, ...onlyFile }, options);
    this.#loaded.add(loaded);
    return loaded;
  }

  getInferenceParams(): InferenceParams {
    return kindOf(this.model).task === 'audio-classification' ? { topK: defaultTopK } : {};
  }

  /** Source: the speech recognition and audio classification examples of transformers. */
  getTrainingParams(): TrainingParams {
    const shared = { method: 'full', maxSequenceLength: 448, warmupRatio: 0.1, weightDecay: 0 } as const;
    if (kindOf(this.model).task === 'automatic-speech-recognition') return { ...shared, learningRate: 1e-5, batchSize: 16, gradientAccumulationSteps: 2, epochs: 5 };
    return { ...shared, learningRate: 3e-5, batchSize: 32, gradientAccumulationSteps: 4, epochs: 5 };
  }

  async validateModelFiles(path: string): Promise<Validation> {
    return validateFiles(this.model, folderOfModel(path));
  }

  override getModeDescriptions(): Record<string, string> {
    return kindOf(this.model).modes;
  }

  override getInstallationNotes(): Record<string, string> {
    const kind = findKind(this.model);
    if (kind === 'kokoro') return { phonemes: 'This model reads phonemes. For plain text, install the package "phonemizer" beside it (espeak-ng, GPL-3.0), or give phonemes with mode "phonemes".' };
    if (kind === 'speecht5') return { voice: 'This model speaks with a voice that it is given: put a speaker embedding of 512 float32 numbers into its folder, as voices/NAME.bin.' };
    return {};
  }

  /** The ONNX Runtime that npm installs brings its CPU library; others are taken only when they are asked for. */
  override getOptimalDevice(): string {
    return 'cpu';
  }

  override validateInputs(inputs: unknown, task?: string): Validation {
    const general = super.validateInputs(inputs, task);
    if (!general.ok) return general;
    try {
      resolveRequest(parseInput(generateRequestSchema, inputs), kindOf(this.model));
      return { ok: true };
    } catch (error) {
      const { code, message, hint, param } = LlmiError.from(error);
      return { ok: false, error: message, hint, param, code };
    }
  }

  override getModelCapabilities(): ModelCapabilities {
    const { task } = kindOf(this.model);
    const context = jsonFile(this.model, 'config.json')?.max_target_positions;
    const inputs = { 'text-to-speech': ['text'], 'zero-shot-audio-classification': ['audio', 'text'] } as const;
    const outputs = { 'text-to-speech': 'audio', 'audio-classification': 'label', 'zero-shot-audio-classification': 'label' } as const;
    return {
      ...super.getModelCapabilities(),
      supportsStreaming: task === 'automatic-speech-recognition' || task === 'text-to-speech',
      inputModalities: task in inputs ? [...inputs[task as keyof typeof inputs]] : ['audio'],
      outputModalities: [task in outputs ? outputs[task as keyof typeof outputs] : 'text'],
      tasks: [task],
      ...(typeof context === 'number' ? { maxContextLength: context } : {}),
    };
  }

  override getQuantizationOptions(): QuantizationOption[] {
    return quantizationOptions(this.model);
  }

  /**
   * Words of a sound, given as the path or the bytes of its file; a path is read in a stream.
   * @throws {LlmiError} INPUT_INVALID, INPUT_UNSUPPORTED, UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE
   */
  async transcribe(input: AudioInput, options?: TranscribeOptions & GenerateOptions): Promise<Transcription> {
    return collectAs(this.transcribeStream(input, options), 'transcription');
  }

  /** The same, with text and progress as they come. */
  transcribeStream(input: AudioInput, { signal, ...options }: TranscribeOptions & GenerateOptions = {}): AsyncIterable<GenerateEvent> {
    return this.#current().run({ task: 'automatic-speech-recognition', sound: { input }, options }, { signal });
  }

  /** Where somebody speaks in a sound. */
  async detectSpeech(input: AudioInput, { signal, ...options }: { threshold?: number } & GenerateOptions = {}): Promise<Transcription['segments']> {
    const { segments } = await collectAs(this.#current().run({ task: 'voice-activity-detection', sound: { input }, options }, { signal }), 'transcription');
    return segments;
  }

  /** The sound of a text, as the bytes of a file, and what is known of it. */
  async synthesizeSpeech(text: string, { signal, isPhonemes = false, ...options }: SpeechOptions & GenerateOptions & { isPhonemes?: boolean } = {}): Promise<{ audio: Uint8Array; metadata: Record<string, unknown> }> {
    const { audio, metadata } = await collectAs(this.#current().run({ task: 'text-to-speech', text, isPhonemes, options }, { signal }), 'audio');
    return { audio: Buffer.from(audio, 'base64'), metadata };
  }

  /** What is heard in a sound, the likeliest first; of `labels`, for models that take any. */
  async classifyAudio(input: AudioInput, { signal, ...options }: ClassifyOptions & GenerateOptions = {}): Promise<ResultOf<'classification'>['labels']> {
    const task = options.labels ? 'zero-shot-audio-classification' : 'audio-classification';
    const { labels } = await collectAs(this.#current().run({ task, sound: { input }, options }, { signal }), 'classification');
    return labels;
  }

  /** The model that was loaded last. */
  #current(): LoadedAudioModel {
    const last = [...this.#loaded].at(-1);
    if (last) return last;
    throw new LlmiError('MODEL_NOT_LOADED', { message: `Model "${this.modelId}" is not loaded.`, hint: 'Call loadModel(path) first.' });
  }

  /** Frees every model that this handler loaded. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#loaded].map((loaded) => loaded[Symbol.asyncDispose]()));
    this.#loaded.clear();
  }
}
