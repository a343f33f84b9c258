import { collectAs } from './collect.js';
import { LlmiError } from './errors.js';
import type { GenerateEvent } from './generate-event.js';
import { generateRequestSchema, type GenerateRequest } from './generate-request.js';
import type { ResultOf, ResultType } from './generate-result.js';
import type { GenerateOptions, LoadedModel, LoadOptions } from './loaded-model.js';
import { chosenFiles, isWeightFile, type ModelInfo } from './model-info.js';
import {
  toGigabytes,
  type Dependency,
  type ModelCapabilities,
  type ModelRequirements,
  type QuantizationOption,
  type SystemDependency,
  type Validation,
} from './model-requirements.js';
import { parseInput } from './wire.js';

/** Request fields with the values a model or a mode sets for them. */
export type InferenceParams = Partial<GenerateRequest>;

/** Defaults for fine-tuning: what a recipe for PEFT, TRL or axolotl is written from. */
export interface TrainingParams {
  method: 'lora' | 'full';
  learningRate: number;
  batchSize: number;
  gradientAccumulationSteps: number;
  epochs: number;
  maxSequenceLength: number;
  loraRank?: number;
  loraAlpha?: number;
  loraDropout?: number;
  loraTargetModules?: string[];
  warmupRatio: number;
  weightDecay: number;
}

/** A call of one of the guide's methods: which loaded model to use (default: the one this handler loaded last), and when to stop. */
export interface CallOptions extends GenerateOptions {
  model?: LoadedModel;
}

/** Best first: what `getOptimalDevice` picks from. */
const devicePreference = ['cuda', 'metal', 'coreml', 'vulkan', 'webgpu', 'cpu'];

/**
 * What every handler is: the knowledge of how to run one family of models. One instance is about one model.
 *
 * The required methods answer questions about the model from its facts alone, without reading weights, except `loadModel`. The
 * `generate...`, `process...` and `embed...` methods are all folds over `LoadedModel.generate`, so they cannot drift apart.
 * Source of the names: the Handler Development Guide of the program that llmi re-imagines.
 */
export abstract class BaseHandler {
  #loaded: LoadedModel | undefined;

  constructor(readonly model: ModelInfo) {
    // A handler overrides exactly the guide's `loadModel`; wrapping it here is what lets generateText(request) find the model.
    const loadModel = this.loadModel.bind(this);
    this.loadModel = async (path, options) => (this.#loaded = await loadModel(path, options));
  }

  get modelId(): string {
    return this.model.id;
  }

  get modelType(): string {
    return this.model.modelType ?? 'unknown';
  }

  /** Models that are loaded alike: llama, qwen2 ... Default: the model type. */
  get modelFamily(): string {
    return this.modelType;
  }

  // Required: the guide's abstract methods

  /** npm packages that this model needs beyond the handler's own dependencies. */
  abstract getDependencies(): Dependency[];

  /** Drivers and programs outside npm, each with a probe. */
  abstract getSystemDependencies(): SystemDependency[];

  /** What the model needs to run, each figure derived from its files. */
  abstract analyze(): Promise<ModelRequirements>;

  /**
   * Loads the model from a folder (or a single file) with the best parameters for this machine.
   * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MEMORY_INSUFFICIENT, MODEL_LOAD_FAILED
   */
  abstract loadModel(path: string, options?: LoadOptions): Promise<LoadedModel>;

  /** Request fields this model sets by default: its generation_config.json first, then its family's. */
  abstract getInferenceParams(): InferenceParams;

  /** Defaults for fine-tuning this model. */
  abstract getTrainingParams(): TrainingParams;

  /** Names each file that is missing, truncated or corrupt. */
  abstract validateModelFiles(path: string): Promise<Validation>;

  // What the model can do: folds over one path

  /** Text for a prompt or messages. */
  async generateText(request: GenerateRequest, options?: CallOptions): Promise<ResultOf<'text' | 'multimodal_response'>> {
    return this.#fold(request, options, 'text', 'multimodal_response');
  }

  /** The events of any request, as they come. */
  generateStream(request: GenerateRequest, options: CallOptions = {}): AsyncIterable<GenerateEvent> {
    const model = options.model ?? this.#loaded;
    if (!model) {
      throw new LlmiError('MODEL_NOT_LOADED', {
        message: `Model "${this.modelId}" is not loaded.`,
        hint: 'Call loadModel(path) first, or pass { model }.',
      });
    }
    return model.generate(parseInput(generateRequestSchema, request), { signal: options.signal });
  }

  async generateImage(request: GenerateRequest, options?: CallOptions): Promise<ResultOf<'image'>> {
    return this.#fold(request, options, 'image');
  }

  async generateAudio(request: GenerateRequest, options?: CallOptions): Promise<ResultOf<'audio'>> {
    return this.#fold(request, options, 'audio');
  }

  async generateVideo(request: GenerateRequest, options?: CallOptions): Promise<ResultOf<'video'>> {
    return this.#fold(request, options, 'video');
  }

  async processImage(
    request: GenerateRequest,
    options?: CallOptions,
  ): Promise<ResultOf<'classification' | 'detection' | 'segmentation' | 'depth' | 'image' | 'text' | 'embedding'>> {
    return this.#fold(request, options, 'classification', 'detection', 'segmentation', 'depth', 'image', 'text', 'embedding');
  }

  async processAudio(request: GenerateRequest, options?: CallOptions): Promise<ResultOf<'transcription' | 'classification' | 'audio'>> {
    return this.#fold(request, options, 'transcription', 'classification', 'audio');
  }

  async processMultimodal(request: GenerateRequest, options?: CallOptions): Promise<ResultOf<'multimodal_response'>> {
    return this.#fold(request, options, 'multimodal_response');
  }

  async embedText(request: GenerateRequest, options?: CallOptions): Promise<ResultOf<'embedding'>> {
    return this.#fold(request, options, 'embedding');
  }

  async embedImage(request: GenerateRequest, options?: CallOptions): Promise<ResultOf<'embedding'>> {
    return this.#fold(request, options, 'embedding');
  }

  async embedMultimodal(request: GenerateRequest, options?: CallOptions): Promise<ResultOf<'embedding'>> {
    return this.#fold(request, options, 'embedding');
  }

  async #fold<Type extends ResultType>(request: GenerateRequest, options: CallOptions | undefined, ...types: Type[]): Promise<ResultOf<Type>> {
    return collectAs(this.generateStream(request, options), ...types);
  }

  // With good defaults

  getSupportedModes(): string[] {
    return Object.keys(this.getModeDescriptions());
  }

  /** One sentence per mode. */
  getModeDescriptions(): Record<string, string> {
    return { auto: 'Chooses the way of working by the model and the request.' };
  }

  /** `settings` with what the mode sets where the settings say nothing. */
  applyModeSettings(_mode: string, settings: InferenceParams): InferenceParams {
    return settings;
  }

  /** The request with every default filled in: its own fields, then the mode's, then the model's. */
  resolveRequest(request: GenerateRequest): GenerateRequest {
    const mode = request.mode ?? 'auto';
    return { ...this.getInferenceParams(), ...this.applyModeSettings(mode, {}), ...definedFields(request), mode };
  }

  /** Notes by subject, shown by check, install and doctor when they apply to this machine. */
  getInstallationNotes(): Record<string, string> {
    return {};
  }

  /** Refuses what the model would not understand, before it sees it: unknown fields, an unknown mode or task. A subclass calls it first. */
  validateInputs(inputs: unknown, task?: string): Validation {
    let request: GenerateRequest;
    try {
      request = parseInput(generateRequestSchema, inputs);
    } catch (error) {
      const { code, message, hint, param } = LlmiError.from(error);
      return { ok: false, error: message, hint, param, code };
    }
    const modes = this.getSupportedModes();
    if (request.mode !== undefined && !modes.includes(request.mode)) {
      return { ok: false, error: `This model has no mode "${request.mode}".`, hint: `Use one of: ${modes.join(', ')}.`, param: 'mode', code: 'MODE_UNSUPPORTED' };
    }
    const asked = task ?? request.task;
    const { tasks } = this.getModelCapabilities();
    if (asked !== undefined && !tasks.includes(asked)) {
      return { ok: false, error: `This model has no task "${asked}".`, hint: `It can do: ${tasks.join(', ')}.`, param: 'task', code: 'TASK_UNSUPPORTED' };
    }
    return { ok: true };
  }

  /** What the model takes and gives, from its own files. */
  getModelCapabilities(): ModelCapabilities {
    return {
      supportsStreaming: false,
      supportsSystemPrompt: false,
      supportsMultimodal: false,
      supportsTools: false,
      supportsReasoning: false,
      inputModalities: ['text'],
      outputModalities: ['text'],
      tasks: this.model.pipelineTag ? [this.model.pipelineTag] : [],
      supportedModes: this.getSupportedModes(),
    };
  }

  /** Size of the weights in GB: exact from the files; from the name ("7b" at 2 bytes) only where no file says it. */
  estimateModelSize(): { gigabytes: number; source: 'files' | 'name' | 'unknown' } {
    const bytes = chosenFiles(this.model)
      .filter((file) => isWeightFile(file.path))
      .reduce((sum, file) => sum + file.sizeBytes, 0);
    if (bytes > 0) return { gigabytes: toGigabytes(bytes), source: 'files' };
    const named = /(\d+(?:\.\d+)?)\s*b\b/i.exec(this.modelId.replace(/[-_]/g, ' '));
    return named ? { gigabytes: Number(named[1]) * 2, source: 'name' } : { gigabytes: 0, source: 'unknown' };
  }

  /** The best of the devices that the runtime really offers. */
  getOptimalDevice(available: string[]): string {
    return devicePreference.find((device) => available.some((name) => name.toLowerCase().startsWith(device))) ?? 'cpu';
  }

  /** Other sizes this model can be had in, each with its memory. */
  getQuantizationOptions(): QuantizationOption[] {
    return [];
  }

  /** GB of memory, minimum and recommended, CPU and GPU. */
  async getMemoryRequirements(): Promise<ModelRequirements['memoryRequirements']> {
    return (await this.analyze()).memoryRequirements;
  }
}

/** `values` without the fields that are undefined, so that spreading it does not erase a default. */
function definedFields<Values extends object>(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Values;
}
