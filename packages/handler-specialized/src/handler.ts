import { relative } from 'node:path';
import {
  BaseHandler,
  collectAs,
  generateRequestSchema,
  jsonFile,
  LlmiError,
  parseInput,
  type CallOptions,
  type Dependency,
  type GenerateRequest,
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
import { folderOfModel, onnxSystemDependencies, readModelFolder, validateOnnxFiles } from '@llmi/runtime-onnx';
import { tasksOf, type SpecializedTask } from './find-tasks.js';
import { folderLayout } from './folder-layout.js';
import { inferenceParams } from './inference-params.js';
import { kindsOf } from './kinds.js';
import { LoadedSpecializedModel } from './loaded-specialized-model.js';
import { contextLengthOf, deriveRequirements, quantizationOptions } from './requirements.js';
import { resolveRequest } from './resolve-request.js';

const streaming: readonly SpecializedTask[] = ['translation', 'summarization', 'text2text-generation', 'image-to-text'];

/** Entities, masked words, answers, labels, translations, documents, forecasts, and any ONNX graph as it is. */
export class SpecializedHandler extends BaseHandler implements AsyncDisposable {
  readonly #loaded = new Set<LoadedSpecializedModel>();

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
  async loadModel(path: string, options?: LoadOptions): Promise<LoadedSpecializedModel> {
    const folder = folderOfModel(path);
    const found = await readModelFolder(folder, folderLayout);
    const onlyFile = folder === path ? {} : { chosenFiles: [relative(folder, path).replaceAll('\\', '/')] };
    const loaded = await LoadedSpecializedModel.load(folder, { ...this.model, files: found.files, json: { ...this.model.json, ...found.json }, ...onlyFile }, tasksOf(this.model), (request) => this.resolveRequest(request), options);
    this.#loaded.add(loaded);
    return loaded;
  }

  getInferenceParams(): InferenceParams {
    return inferenceParams(this.model);
  }

  /** Source: the examples of transformers for each task. */
  getTrainingParams(): TrainingParams {
    const shared = { method: 'full', gradientAccumulationSteps: 1, warmupRatio: 0, weightDecay: 0, maxSequenceLength: contextLengthOf(this.model) ?? 512 } as const;
    const [task] = tasksOf(this.model);
    if (streaming.includes(task)) return { ...shared, learningRate: 5e-5, batchSize: 4, epochs: 3 };
    if (task === 'question-answering') return { ...shared, learningRate: 3e-5, batchSize: 12, epochs: 2 };
    return { ...shared, learningRate: task === 'text-classification' ? 2e-5 : 5e-5, batchSize: 32, epochs: 3 };
  }

  async validateModelFiles(path: string): Promise<Validation> {
    return validateOnnxFiles(this.model, folderOfModel(path));
  }

  override getModeDescriptions(): Record<string, string> {
    return kindsOf(this.model)[tasksOf(this.model)[0]].modes;
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
      resolveRequest(this.resolveRequest(task === undefined ? request : { ...request, task }), tasksOf(this.model), this.model);
      return { ok: true };
    } catch (error) {
      const { code, message, hint, param } = LlmiError.from(error);
      return { ok: false, error: message, hint, param, code };
    }
  }

  override getModelCapabilities(): ModelCapabilities {
    const tasks = tasksOf(this.model);
    const [task] = tasks;
    const contextLength = contextLengthOf(this.model);
    const isTensor = task === 'tensors' || task === 'time-series-forecasting';
    return {
      ...super.getModelCapabilities(),
      supportsStreaming: streaming.includes(task) && !followsBeams(jsonFile(this.model, 'generation_config.json')),
      inputModalities: [isTensor ? 'tensor' : task === 'image-to-text' ? 'image' : 'text'],
      outputModalities: [isTensor ? 'tensor' : streaming.includes(task) || task === 'question-answering' || task === 'fill-mask' ? 'text' : 'label'],
      tasks: [...tasks],
      ...(contextLength === undefined ? {} : { maxContextLength: contextLength }),
    };
  }

  override getQuantizationOptions(): QuantizationOption[] {
    return quantizationOptions(this.model);
  }

  /** Entities and masks in a text, the answer to a question, labels, a forecast, or what a graph gives. */
  async processText(request: GenerateRequest, options?: CallOptions): Promise<ResultOf<'tokens' | 'answer' | 'classification' | 'forecast' | 'tensors'>> {
    return collectAs(this.generateStream(request, options), 'tokens', 'answer', 'classification', 'forecast', 'tensors');
  }

  /** Frees every model that this handler loaded. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#loaded].map((loaded) => loaded[Symbol.asyncDispose]()));
    this.#loaded.clear();
  }
}

/** Several beams are followed to their ends before one is chosen. */
function followsBeams(generation: Record<string, unknown> | undefined): boolean {
  return typeof generation?.num_beams === 'number' && generation.num_beams > 1;
}
