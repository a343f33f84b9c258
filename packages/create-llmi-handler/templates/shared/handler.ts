import {
  BaseHandler,
  type Dependency,
  type InferenceParams,
  type LoadOptions,
  type ModelCapabilities,
  type ModelRequirements,
  type SystemDependency,
  type TrainingParams,
  type Validation,
} from '@llmi/core';
import { LoadedMyModel } from './loaded-model.js';
import { assertFiles, checkFiles } from './model-files.js';
import { capabilities, checkRequest, defaults } from './options.js';
import { deriveRequirements } from './requirements.js';

/** Answers what llmi asks about one model, from its facts in `this.model`; only `loadModel` reads weights. */
export class MyModelHandler extends BaseHandler {
  /** npm packages that this model needs beyond the dependencies of this package. */
  getDependencies(): Dependency[] {
    return [];
  }

  /** Drivers and programs outside npm, each with a probe. */
  getSystemDependencies(): SystemDependency[] {
    return [];
  }

  async analyze(): Promise<ModelRequirements> {
    return deriveRequirements(this.model);
  }

  async loadModel(path: string, options: LoadOptions = {}): Promise<LoadedMyModel> {
    options.signal?.throwIfAborted();
    await assertFiles(this.model, path);
    return LoadedMyModel.load(this, path, options);
  }

  getInferenceParams(): InferenceParams {
    return defaults;
  }

  getTrainingParams(): TrainingParams {
    return { method: 'full', learningRate: 2e-5, batchSize: 8, gradientAccumulationSteps: 1, epochs: 3, maxSequenceLength: 512, warmupRatio: 0.1, weightDecay: 0.01 };
  }

  async validateModelFiles(path: string): Promise<Validation> {
    return checkFiles(this.model, path);
  }

  override getModelCapabilities(): ModelCapabilities {
    return { ...super.getModelCapabilities(), tasks: ['my-task'], ...capabilities };
  }

  /** The runtime that this handler uses offers the CPU everywhere; say here what else it can do. */
  override getOptimalDevice(): string {
    return 'cpu';
  }

  override validateInputs(inputs: unknown, task?: string): Validation {
    const general = super.validateInputs(inputs, task);
    return general.ok ? checkRequest(inputs as Parameters<typeof checkRequest>[0]) : general;
  }
}
