import {
  BaseHandler,
  generateRequestSchema,
  LlmiError,
  parseInput,
  type Dependency,
  type InferenceParams,
  type ModelCapabilities,
  type ModelRequirements,
  type QuantizationOption,
  type SystemDependency,
  type TrainingParams,
  type Validation,
} from '@llmi/core';
import { acceptsSystem, findTemplate } from '@llmi/chat-template';
import { jsonGrammarText } from '@llmi/grammar';
import { inferenceParams } from './inference-params.js';
import { LoadedTextModel, type TextLoadOptions } from './loaded-text-model.js';
import { resolveModelPath } from './model-path.js';
import { modePreset, modes } from './modes.js';
import { resolveTextOptions } from './options.js';
import { onnxContext, onnxQuantizationOptions, onnxRequirements, validateOnnxFiles } from './onnx/onnx-facts.js';
import { runsOnOnnx } from './onnx/runs-on-onnx.js';
import { dialectOf, thinks } from './output/dialect.js';
import { planReasoning } from './reasoning.js';
import { deriveRequirements, quantizationOptions, trainContext } from './requirements.js';
import { installationNotes, systemDependencies } from './system-dependencies.js';
import { trainingParams } from './training-params.js';
import { validateFiles } from './validate-files.js';

/** Text generation with GGUF models on llama.cpp, and with ONNX models on ONNX Runtime. */
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
    return runsOnOnnx(this.model) ? onnxRequirements(this.model) : deriveRequirements(this.model);
  }

  /**
   * Loads from the model's folder or from a .gguf or .onnx file.
   * @throws {LlmiError} MODEL_FILE_MISSING, FILE_CHOICE_EMPTY, MODEL_FILE_CORRUPT, MEMORY_INSUFFICIENT, MODEL_LOAD_FAILED, DEPENDENCY_MISSING, INPUT_INVALID
   */
  async loadModel(path: string, options?: TextLoadOptions): Promise<LoadedTextModel> {
    if (runsOnOnnx(this.model, path)) return LoadedTextModel.loadOnnx(path, this.model, (request) => this.resolveRequest(request), options);
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
    return runsOnOnnx(this.model) ? validateOnnxFiles(this.model, path) : validateFiles(this.model, path);
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
      const { reasoning, shape } = resolveTextOptions(this.resolveRequest(parseInput(generateRequestSchema, inputs)));
      if (shape && 'schema' in shape) jsonGrammarText(shape.schema); // refuses what cannot be enforced
      planReasoning(reasoning, this.#template(), dialectOf(this.#template()));
      return { ok: true };
    } catch (error) {
      const { code, message, hint, param } = LlmiError.from(error);
      return { ok: false, error: message, hint, param, code };
    }
  }

  override getModelCapabilities(): ModelCapabilities {
    const template = this.#template();
    const contextLength = runsOnOnnx(this.model) ? onnxContext(this.model) : trainContext(this.model);
    return {
      ...super.getModelCapabilities(),
      supportsStreaming: true,
      supportsTools: true,
      supportsReasoning: thinks(dialectOf(template)),
      supportsSystemPrompt: template === undefined || acceptsSystem(template),
      tasks: ['text-generation'],
      ...(contextLength === undefined ? {} : { maxContextLength: contextLength }),
    };
  }

  override getQuantizationOptions(): QuantizationOption[] {
    return runsOnOnnx(this.model) ? onnxQuantizationOptions(this.model) : quantizationOptions(this.model);
  }

  #template(): string | undefined {
    return findTemplate(this.model.gguf?.metadata ?? {}, this.model);
  }
}
