import {
  BaseHandler,
  generateRequestSchema,
  LlmiError,
  parseInput,
  type Dependency,
  type InferenceParams,
  type LoadedModel,
  type LoadOptions,
  type ModelCapabilities,
  type ModelRequirements,
  type QuantizationOption,
  type SystemDependency,
  type TrainingParams,
  type Validation,
} from '@llmi/core';
import { folderOfModel, onnxSystemDependencies, readModelFolder, validateOnnxFiles } from '@llmi/runtime-onnx';
import { checkFlorenceRequest } from './florence/check-request.js';
import { LoadedFlorenceModel } from './florence/loaded-florence-model.js';
import { askFlorence, florenceModes } from './florence/tasks.js';
import { folderLayout } from './folder-layout.js';
import { LoadedMultimodalModel } from './loaded-multimodal-model.js';
import { contextLengthOf, deriveRequirements, quantizationOptions } from './requirements.js';
import { checkRequest, modes, tasks } from './resolve-request.js';

/** Answers about pictures with vision-language models in ONNX format. */
export class MultimodalHandler extends BaseHandler implements AsyncDisposable {
  readonly #loaded = new Set<LoadedModel>();

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
  async loadModel(path: string, options?: LoadOptions): Promise<LoadedModel> {
    const folder = folderOfModel(path);
    const found = await readModelFolder(folder, folderLayout);
    const facts = { ...this.model, files: found.files, json: found.json };
    if (options?.loras && options.loras.length > 0) throw noAdapters();
    const loaded = await (this.#isFlorence ? LoadedFlorenceModel : LoadedMultimodalModel).load(folder, facts, options);
    this.#loaded.add(loaded);
    return loaded;
  }

  /** What generation_config.json says is read with the model. */
  getInferenceParams(): InferenceParams {
    return {};
  }

  /** Source: the fine-tuning of LLaVA 1.5 (arXiv 2310.03744), with low-rank adapters. */
  getTrainingParams(): TrainingParams {
    return {
      method: 'lora', learningRate: 2e-4, batchSize: 4, gradientAccumulationSteps: 4, epochs: 1, maxSequenceLength: Math.min(contextLengthOf(this.model) ?? 2048, 2048), warmupRatio: 0.03, weightDecay: 0,
      loraRank: 128, loraAlpha: 256, loraDropout: 0.05, loraTargetModules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
    };
  }

  async validateModelFiles(path: string): Promise<Validation> {
    return validateOnnxFiles(this.model, folderOfModel(path));
  }

  override getModeDescriptions(): Record<string, string> {
    return { ...(this.#isFlorence ? florenceModes : modes) };
  }

  /** The ONNX Runtime that npm installs brings its CPU library; others are taken only when they are asked for. */
  override getOptimalDevice(): string {
    return 'cpu';
  }

  override validateInputs(inputs: unknown, task?: string): Validation {
    const general = super.validateInputs(inputs, task);
    if (!general.ok) return general;
    try {
      const request = parseInput(generateRequestSchema, inputs);
      if (this.#isFlorence) askFlorence(request, checkFlorenceRequest(request) && request.boxes ? 'a box' : undefined);
      else checkRequest(request);
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
      supportsSystemPrompt: !this.#isFlorence,
      supportsMultimodal: true,
      inputModalities: ['text', 'image'],
      outputModalities: ['text'],
      tasks: [...tasks],
      ...(length === undefined ? {} : { maxContextLength: length }),
    };
  }

  override getQuantizationOptions(): QuantizationOption[] {
    return quantizationOptions(this.model);
  }

  get #isFlorence(): boolean {
    return this.model.modelType === 'florence2' || this.model.architectures.includes('Florence2ForConditionalGeneration');
  }

  /** Frees every model that this handler loaded. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#loaded].map((loaded) => loaded[Symbol.asyncDispose]()));
    this.#loaded.clear();
  }
}

function noAdapters(): LlmiError {
  return new LlmiError('INPUT_UNSUPPORTED', { message: 'Adapters cannot be applied to a model in ONNX format.', hint: 'Merge the adapter into the model, and export it to ONNX.', param: 'loras' });
}
