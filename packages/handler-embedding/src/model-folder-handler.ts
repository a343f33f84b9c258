import { relative } from 'node:path';
import { BaseHandler, type LoadedModel, type LoadOptions, type ModelInfo, type SystemDependency, type TrainingParams } from '@llmi/core';
import { folderOfModel, onnxSystemDependencies, readModelFolder } from '@llmi/runtime-onnx';
import { folderLayout } from './folder-layout.js';

/** Above this many bytes of weights, fine-tuning trains an adapter instead of everything. */
const fullTrainingLimitGigabytes = 2;

/** What handlers of models in folders have in common: they read the folder, and know what they loaded. */
export abstract class ModelFolderHandler<Loaded extends LoadedModel> extends BaseHandler implements AsyncDisposable {
  readonly #loaded = new Set<Loaded>();

  getSystemDependencies(): SystemDependency[] {
    return onnxSystemDependencies();
  }

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FILE_REFUSED, MODEL_FORMAT_UNSUPPORTED, FILE_CHOICE_EMPTY, MODEL_LOAD_FAILED */
  async loadModel(path: string, options: LoadOptions = {}): Promise<Loaded> {
    const folder = folderOfModel(path);
    const found = await readModelFolder(folder, folderLayout);
    const onlyFile = folder === path ? {} : { chosenFiles: [relative(folder, path).replaceAll('\\', '/')] };
    const loaded = await this.openModel(folder, { ...this.model, files: found.files, json: found.json, ...onlyFile }, options);
    this.#loaded.add(loaded);
    return loaded;
  }

  /** Loads `model`, whose files are in `folder`. */
  protected abstract openModel(folder: string, model: ModelInfo, options: LoadOptions): Promise<Loaded>;

  /** The ONNX Runtime that npm installs brings its CPU library; others are taken only when they are asked for. */
  override getOptimalDevice(): string {
    return 'cpu';
  }

  /** Sentence pairs with in-batch negatives, or scored pairs. Source: the sentence-transformers training overview. */
  protected trainingParams(maxSequenceLength: number): TrainingParams {
    const shared = { epochs: 1, gradientAccumulationSteps: 1, maxSequenceLength, warmupRatio: 0.1, weightDecay: 0.01 };
    if (this.estimateModelSize().gigabytes <= fullTrainingLimitGigabytes) return { method: 'full', learningRate: 2e-5, batchSize: 32, ...shared };
    return { method: 'lora', learningRate: 1e-4, batchSize: 16, loraRank: 16, loraAlpha: 32, loraDropout: 0.05, loraTargetModules: ['all-linear'], ...shared };
  }

  /** Frees every model that this handler loaded. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#loaded].map((loaded) => loaded[Symbol.asyncDispose]()));
    this.#loaded.clear();
  }
}
