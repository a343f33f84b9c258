import {
  BaseHandler,
  generateRequestSchema,
  LlmiError,
  parseInput,
  type Dependency,
  type InferenceParams,
  type LoadOptions,
  type ModelCapabilities,
  type ModelRequirements,
  type QuantizationOption,
  type SystemDependency,
  type TrainingParams,
  type Validation,
} from '@llmi/core';
import { folderOfModel, onnxSystemDependencies, readModelFolder, validateOnnxFiles } from '@llmi/runtime-onnx';
import { folderLayout } from './folder-layout.js';
import { LoadedJanusModel } from './loaded-janus-model.js';
import { paintingDefaults } from './paint.js';
import { contextLengthOf, deriveRequirements, quantizationOptions } from './requirements.js';
import { modes, resolveRequest, tasks } from './resolve-request.js';

/** Janus and Janus-Pro: answers about pictures, and pictures from text, with one loaded model. */
export class JanusHandler extends BaseHandler implements AsyncDisposable {
  readonly #loaded = new Set<LoadedJanusModel>();

  /** Nothing beyond the handler's own dependencies. */
  getDependencies(): Dependency[] {
    return [];
  }

  getSystemDependencies(): SystemDependency[] {
    return onnxSystemDependencies();
  }

  async analyze(): Promise<ModelRequirements> {
    return deriveRequirements(this.model);
  }

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FILE_REFUSED, MODEL_FORMAT_UNSUPPORTED, FILE_CHOICE_EMPTY, MODEL_LOAD_FAILED */
  async loadModel(path: string, options?: LoadOptions): Promise<LoadedJanusModel> {
    const folder = folderOfModel(path);
    const found = await readModelFolder(folder, folderLayout);
    const loaded = await LoadedJanusModel.load(folder, { ...this.model, files: found.files, json: found.json }, options);
    this.#loaded.add(loaded);
    return loaded;
  }

  /** Of a picture; a question is answered with what generation_config.json says. */
  /** Pictures and answers have defaults of their own: `applyModeSettings`. */
  getInferenceParams(): InferenceParams {
    return {};
  }

  override applyModeSettings(mode: string, settings: InferenceParams): InferenceParams {
    return mode === 'generate' ? { ...paintingDefaults, ...settings } : settings;
  }

  /** Source: the supervised fine-tuning of the Janus paper (arXiv 2410.13848), table 1. */
  getTrainingParams(): TrainingParams {
    return { method: 'full', learningRate: 4e-5, batchSize: 4, gradientAccumulationSteps: 8, epochs: 1, maxSequenceLength: contextLengthOf(this.model) ?? 4096, warmupRatio: 0.03, weightDecay: 0.1 };
  }

  async validateModelFiles(path: string): Promise<Validation> {
    return validateOnnxFiles(this.model, folderOfModel(path));
  }

  override getModeDescriptions(): Record<string, string> {
    return { ...modes };
  }

  /** The ONNX Runtime that npm installs brings its CPU library; others are taken only when they are asked for. */
  override getOptimalDevice(): string {
    return 'cpu';
  }

  override validateInputs(inputs: unknown, task?: string): Validation {
    const general = super.validateInputs(inputs, task);
    if (!general.ok) return general;
    try {
      resolveRequest(parseInput(generateRequestSchema, inputs));
      return { ok: true };
    } catch (error) {
      const { code, message, hint, param } = LlmiError.from(error);
      return { ok: false, error: message, hint, param, code };
    }
  }

  override getModelCapabilities(): ModelCapabilities {
    const length = contextLengthOf(this.model);
    return {
      ...super.getModelCapabilities(),
      supportsStreaming: true,
      supportsSystemPrompt: true,
      supportsMultimodal: true,
      inputModalities: ['text', 'image'],
      outputModalities: ['text', 'image'],
      tasks: [...tasks],
      ...(length === undefined ? {} : { maxContextLength: length }),
    };
  }

  override getQuantizationOptions(): QuantizationOption[] {
    return quantizationOptions(this.model);
  }

  /** Frees every model that this handler loaded. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#loaded].map((loaded) => loaded[Symbol.asyncDispose]()));
    this.#loaded.clear();
  }
}
