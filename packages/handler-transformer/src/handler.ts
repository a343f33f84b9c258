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
import { acceptsSystem } from './chat-template/accepts-system.js';
import { findTemplate } from './chat-template/find-template.js';
import { inferenceParams } from './inference-params.js';
import { LoadedTextModel } from './loaded-text-model.js';
import { resolveModelPath } from './model-path.js';
import { modePreset, modes } from './modes.js';
import { resolveTextOptions } from './options.js';
import { deriveRequirements, quantizationOptions, trainContext } from './requirements.js';
import { installationNotes, systemDependencies } from './system-dependencies.js';
import { trainingParams } from './training-params.js';
import { validateFiles } from './validate-files.js';

/** Text generation with GGUF models on llama.cpp. */
export class TransformerHandler extends BaseHandler {
  override get modelFamily(): string {
    return this.model.gguf?.architecture ?? this.modelType;
  }

  /** Nothing beyond the handler's own dependencies. */
  getDependencies(): Dependency[] {
    return [];
  }

  getSystemDependencies(): SystemDependency[] {
    return systemDependencies();
  }

  async analyze(): Promise<ModelRequirements> {
    return deriveRequirements(this.model);
  }

  /**
   * Loads from the model's folder or from a .gguf file.
   * @throws {LlmiError} MODEL_FILE_MISSING, FILE_CHOICE_EMPTY, MODEL_FILE_CORRUPT, MEMORY_INSUFFICIENT, MODEL_LOAD_FAILED, DEPENDENCY_MISSING, INPUT_INVALID
   */
  async loadModel(path: string, options?: LoadOptions): Promise<LoadedTextModel> {
    const { file } = await resolveModelPath(path, this.model, options?.quantization ?? options?.dtype);
    return LoadedTextModel.load(file, this.model, (request) => this.resolveRequest(request), options);
  }

  getInferenceParams(): InferenceParams {
    return inferenceParams(this.model);
  }

  getTrainingParams(): TrainingParams {
    return trainingParams(this.model);
  }

  async validateModelFiles(path: string): Promise<Validation> {
    return validateFiles(this.model, path);
  }

  override getModeDescriptions(): Record<string, string> {
    return Object.fromEntries(Object.entries(modes).map(([name, { description }]) => [name, description]));
  }

  override applyModeSettings(mode: string, settings: InferenceParams): InferenceParams {
    return { ...modePreset(mode), ...settings };
  }

  override getInstallationNotes(): Record<string, string> {
    return installationNotes();
  }

  override validateInputs(inputs: unknown, task?: string): Validation {
    const general = super.validateInputs(inputs, task);
    if (!general.ok) return general;
    try {
      resolveTextOptions(this.resolveRequest(parseInput(generateRequestSchema, inputs)));
      return { ok: true };
    } catch (error) {
      const { code, message, hint, param } = LlmiError.from(error);
      return { ok: false, error: message, hint, param, code };
    }
  }

  override getModelCapabilities(): ModelCapabilities {
    const template = findTemplate(this.model.gguf?.metadata ?? {}, this.model);
    return {
      ...super.getModelCapabilities(),
      supportsStreaming: true,
      supportsSystemPrompt: template === undefined || acceptsSystem(template),
      tasks: ['text-generation'],
      ...(trainContext(this.model) === undefined ? {} : { maxContextLength: trainContext(this.model) }),
    };
  }

  override getQuantizationOptions(): QuantizationOption[] {
    return quantizationOptions(this.model);
  }
}
