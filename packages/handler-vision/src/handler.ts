import { relative } from 'node:path';
import {
  BaseHandler,
  generateRequestSchema,
  jsonFile,
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
import { tasksOf, type VisionTaskName } from './find-tasks.js';
import { LoadedVisionModel } from './loaded-vision-model.js';
import { folderLayout } from './folder-layout.js';
import { modesOf } from './modes.js';
import { resolveRequest } from './options.js';
import { deriveRequirements, quantizationOptions } from './requirements.js';
import { defaultTopK } from './tasks/classify.js';
import { defaultThreshold } from './tasks/detection-answer.js';

/** Pictures to labels, boxes, masks, depth, vectors or better pictures, with ONNX models. */
export class VisionHandler extends BaseHandler implements AsyncDisposable {
  readonly #loaded = new Set<LoadedVisionModel>();

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
  async loadModel(path: string, options?: LoadOptions): Promise<LoadedVisionModel> {
    const folder = folderOfModel(path);
    const found = await readModelFolder(folder, folderLayout);
    const onlyFile = folder === path ? {} : { chosenFiles: [relative(folder, path).replaceAll('\\', '/')] };
    const loaded = await LoadedVisionModel.load(folder, { ...this.model, files: found.files, json: found.json, ...onlyFile }, options);
    this.#loaded.add(loaded);
    return loaded;
  }

  getInferenceParams(): InferenceParams {
    const [task] = this.#tasks();
    if (task === 'image-classification') return { topK: defaultTopK };
    return task === 'object-detection' ? { threshold: defaultThreshold } : {};
  }

  /** Source: the image classification and object detection examples of transformers. */
  getTrainingParams(): TrainingParams {
    const shared = { method: 'full', gradientAccumulationSteps: 1, maxSequenceLength: 1, warmupRatio: 0.1 } as const; // a picture is no sequence
    if (this.#tasks()[0] === 'image-classification') return { ...shared, learningRate: 2e-5, batchSize: 32, epochs: 5, weightDecay: 0 };
    return { ...shared, learningRate: 5e-5, batchSize: 8, epochs: 30, weightDecay: 1e-4 };
  }

  async validateModelFiles(path: string): Promise<Validation> {
    return validateOnnxFiles(this.model, folderOfModel(path));
  }

  override getModeDescriptions(): Record<string, string> {
    return modesOf(this.model, this.#tasks());
  }

  override getInstallationNotes(): Record<string, string> {
    if (jsonFile(this.model, 'preprocessor_config.json') || jsonFile(this.model, 'config.json')?.pretrained_cfg) return {};
    return { preprocessing: 'This repository does not say how pictures are prepared; what is usual for its task is assumed. Check its answers on a picture you know.' };
  }

  /** The ONNX Runtime that npm installs brings its CPU library; others are taken only when they are asked for. */
  override getOptimalDevice(): string {
    return 'cpu';
  }

  override validateInputs(inputs: unknown, task?: string): Validation {
    const general = super.validateInputs(inputs, task);
    if (!general.ok) return general;
    try {
      resolveRequest(parseInput(generateRequestSchema, inputs), { tasks: this.#tasks(), modes: this.getSupportedModes() });
      return { ok: true };
    } catch (error) {
      const { code, message, hint, param } = LlmiError.from(error);
      return { ok: false, error: message, hint, param, code };
    }
  }

  override getModelCapabilities(): ModelCapabilities {
    const tasks = this.#tasks();
    const outputs = { 'image-feature-extraction': 'embedding', 'image-to-image': 'image', 'background-removal': 'image', 'depth-estimation': 'image', 'image-segmentation': 'image', 'mask-generation': 'image' } as const;
    const dimensions = jsonFile(this.model, 'config.json')?.[tasks[0] === 'zero-shot-image-classification' ? 'projection_dim' : 'hidden_size'];
    return {
      ...super.getModelCapabilities(),
      inputModalities: tasks.some((task) => task.startsWith('zero-shot-')) ? ['image', 'text'] : ['image'],
      outputModalities: [...new Set(tasks.map((task) => (task in outputs ? outputs[task as keyof typeof outputs] : 'label')))],
      tasks: [...tasks],
      ...(tasks.includes('image-feature-extraction') && typeof dimensions === 'number' ? { embeddingDimensions: dimensions } : {}),
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

  /** Of a graph without a word about itself the task is known once it is loaded; until then most are classifiers. */
  #tasks(): VisionTaskName[] {
    return tasksOf(this.model) ?? ['image-classification'];
  }
}
