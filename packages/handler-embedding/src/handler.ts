import { relative } from 'node:path';
import {
  BaseHandler,
  LlmiError,
  parseInput,
  generateRequestSchema,
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
import { folderOfModel, readModelFolder } from '@llmi/runtime-onnx';
import { LoadedEmbedder } from './loaded-embedder.js';
import { folderLayout } from './folder-layout.js';
import { readPipeline } from './modules.js';
import { chooseOnnx, isEightBit, onnxVariants } from './onnx-files.js';
import { embeddingTasks, promptModes, resolveEmbedOptions } from './options.js';
import { deriveRequirements, quantizationOptions, systemDependencies } from './requirements.js';
import { readTextSettings } from './text-settings.js';
import { validateFiles } from './validate-files.js';

/** Above this many bytes of weights, fine-tuning trains an adapter instead of everything. */
const fullTrainingLimitGigabytes = 2;

/** Text embeddings of sentence-transformers models in ONNX format. */
export class EmbeddingHandler extends BaseHandler implements AsyncDisposable {
  readonly #loaded = new Set<LoadedEmbedder>();

  /** Nothing beyond the handler's own dependencies. */
  getDependencies(): Dependency[] {
    return [];
  }

  getSystemDependencies(): SystemDependency[] {
    return systemDependencies();
  }

  async analyze(): Promise<ModelRequirements> {
    const { pipeline, settings } = this.#read();
    return deriveRequirements(this.model, pipeline, settings);
  }

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FILE_REFUSED, MODEL_FORMAT_UNSUPPORTED, FILE_CHOICE_EMPTY, MODEL_LOAD_FAILED */
  async loadModel(path: string, options?: LoadOptions): Promise<LoadedEmbedder> {
    const folder = folderOfModel(path);
    const found = await readModelFolder(folder, folderLayout);
    const onlyFile = folder === path ? {} : { chosenFiles: [relative(folder, path).replaceAll('\\', '/')] };
    const loaded = await LoadedEmbedder.load(folder, { ...this.model, files: found.files, json: found.json, ...onlyFile }, options);
    this.#loaded.add(loaded);
    return loaded;
  }

  getInferenceParams(): InferenceParams {
    const { pipeline } = this.#read();
    return { normalize: pipeline.normalized, truncate: true };
  }

  /** Sentence pairs with in-batch negatives. Source: the sentence-transformers training overview. */
  getTrainingParams(): TrainingParams {
    const { settings } = this.#read();
    const shared = { epochs: 1, gradientAccumulationSteps: 1, maxSequenceLength: settings.maxTokens, warmupRatio: 0.1, weightDecay: 0.01 };
    if (this.estimateModelSize().gigabytes <= fullTrainingLimitGigabytes) return { method: 'full', learningRate: 2e-5, batchSize: 32, ...shared };
    return { method: 'lora', learningRate: 1e-4, batchSize: 16, loraRank: 16, loraAlpha: 32, loraDropout: 0.05, loraTargetModules: ['all-linear'], ...shared };
  }

  async validateModelFiles(path: string): Promise<Validation> {
    return validateFiles(this.model, folderOfModel(path));
  }

  override getModeDescriptions(): Record<string, string> {
    const { settings } = this.#read();
    const modes = promptModes(settings);
    return {
      auto: settings.defaultPromptName ? `Embeds texts with the model's prompt "${settings.defaultPromptName}".` : 'Embeds texts as they are.',
      ...(modes.query === undefined ? {} : { query: 'Embeds search queries, with the prompt that the model has for them.' }),
      ...(modes.document === undefined ? {} : { document: 'Embeds documents to be found, with the prompt that the model has for them.' }),
    };
  }

  override applyModeSettings(mode: string, settings: InferenceParams): InferenceParams {
    const promptName = promptModes(this.#read().settings)[mode];
    return promptName === undefined ? settings : { promptName, ...settings };
  }

  override getInstallationNotes(): Record<string, string> {
    const { pipeline } = this.#read();
    const roundsOverBatch = onnxVariants(this.model).length > 0 && isEightBit(chooseOnnx(this.model).dtype);
    return {
      ...(pipeline.declared
        ? {}
        : { pooling: `This repository does not say how to pool; "${pipeline.pooling.join(', ')}" is assumed. Set "pooling" and "normalize" as its author says.` }),
      ...(roundsOverBatch ? { quantization: 'An int8 file rounds over a whole batch: the vector of a text changes a little with the texts that are sent with it.' } : {}),
    };
  }

  /** The ONNX Runtime that npm installs brings its CPU library; others are taken only when they are asked for. */
  override getOptimalDevice(): string {
    return 'cpu';
  }

  override validateInputs(inputs: unknown, task?: string): Validation {
    const general = super.validateInputs(inputs, task);
    if (!general.ok) return general;
    try {
      resolveEmbedOptions(parseInput(generateRequestSchema, inputs), this.#read());
      return { ok: true };
    } catch (error) {
      const { code, message, hint, param } = LlmiError.from(error);
      return { ok: false, error: message, hint, param, code };
    }
  }

  override getModelCapabilities(): ModelCapabilities {
    const { pipeline, settings } = this.#read();
    return {
      ...super.getModelCapabilities(),
      outputModalities: ['embedding'],
      tasks: [...embeddingTasks],
      maxContextLength: settings.maxTokens,
      ...(pipeline.dimensions === undefined ? {} : { embeddingDimensions: pipeline.dimensions }),
    };
  }

  override getQuantizationOptions(): QuantizationOption[] {
    const { pipeline, settings } = this.#read();
    return quantizationOptions(this.model, pipeline, settings);
  }

  /** Frees every model that this handler loaded. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#loaded].map((loaded) => loaded[Symbol.asyncDispose]()));
    this.#loaded.clear();
  }

  #read() {
    const pipeline = readPipeline(this.model);
    return { pipeline, settings: readTextSettings(this.model, pipeline.transformerFolder) };
  }
}
