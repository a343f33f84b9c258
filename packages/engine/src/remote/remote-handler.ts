import { BaseHandler, LlmiError, modelRequirementsSchema, type Dependency, type InferenceParams, type ModelCapabilities, type ModelInfo, type ModelRequirements, type SystemDependency, type TrainingParams, type Validation } from '@llmi/core';
import { RemoteModel, type Replica } from './remote-model.js';

/** Knows of a model that other engines run what they say of it. */
export class RemoteHandler extends BaseHandler {
  constructor(
    model: ModelInfo,
    readonly replicas: () => readonly Replica[],
  ) {
    super(model);
  }

  getDependencies(): Dependency[] {
    return [];
  }

  getSystemDependencies(): SystemDependency[] {
    return [];
  }

  /** It takes no memory of this machine. */
  async analyze(): Promise<ModelRequirements> {
    return remoteRequirements;
  }

  async loadModel(): Promise<RemoteModel> {
    return new RemoteModel(this.modelId, this.replicas);
  }

  getInferenceParams(): InferenceParams {
    return {};
  }

  getTrainingParams(): TrainingParams {
    throw new LlmiError('TASK_UNSUPPORTED', { message: `${this.modelId} runs on another engine: there is nothing here to train.`, hint: 'Install the model to train it.' });
  }

  async validateModelFiles(): Promise<Validation> {
    return { ok: true };
  }

  override getModeDescriptions(): Record<string, string> {
    const told = this.#told();
    if (told) return Object.fromEntries(told.supportedModes.map((mode) => [mode, `As ${this.modelId} has it.`]));
    return { auto: 'Chooses the way of working by the request.', chat: 'Answers a conversation.', complete: 'Goes on from a prompt.' };
  }

  override getModelCapabilities(): ModelCapabilities {
    const told = this.#told();
    if (told) return told;
    const { tasks = [], contextLength } = this.replicas()[0]?.model ?? {};
    return {
      supportsStreaming: true,
      supportsSystemPrompt: true,
      supportsMultimodal: true,
      supportsTools: true,
      supportsReasoning: true,
      inputModalities: ['text', 'image', 'audio'],
      outputModalities: outputsOf(tasks),
      tasks: [...tasks],
      supportedModes: this.getSupportedModes(),
      ...(contextLength === undefined ? {} : { maxContextLength: contextLength }),
    };
  }

  #told(): ModelCapabilities | undefined {
    return this.replicas().find(({ model }) => model.capabilities)?.model.capabilities;
  }
}

export const remoteRequirements: ModelRequirements = modelRequirementsSchema.parse({
  modelType: 'remote',
  modelFamily: 'remote',
  primaryLibrary: 'remote',
  memoryRequirements: { min: 0, recommended: 0, gpuMin: 0, gpuRecommended: 0 },
  diskBytes: 0,
});

const outputs: Record<string, ModelCapabilities['outputModalities'][number]> = {
  'feature-extraction': 'embedding',
  'text-ranking': 'label',
  'text-to-image': 'image',
  'image-to-image': 'image',
  'text-to-speech': 'audio',
};

function outputsOf(tasks: readonly string[]): ModelCapabilities['outputModalities'] {
  return [...new Set(tasks.map((task) => outputs[task] ?? 'text'))];
}
