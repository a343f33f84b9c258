import {
  LlmiError,
  parseInput,
  generateRequestSchema,
  type Dependency,
  type InferenceParams,
  type LoadOptions,
  type ModelCapabilities,
  type ModelInfo,
  type ModelRequirements,
  type QuantizationOption,
  type TrainingParams,
  type Validation,
} from '@llmi/core';
import { ggufDependencies } from './dependencies.js';
import { isGguf } from './gguf/gguf-files.js';
import { deriveGgufRequirements, ggufQuantizations } from './gguf/gguf-requirements.js';
import { LoadedEmbedder } from './loaded-embedder.js';
import { ModelFolderHandler } from './model-folder-handler.js';
import { inFolder } from './modules.js';
import { chooseOnnx, isEightBit, onnxVariants } from './onnx-files.js';
import { embeddingTasks, promptModes, resolveEmbedOptions } from './options.js';
import { readFacts } from './read-facts.js';
import { deriveRequirements, quantizationOptions } from './requirements.js';
import { textChoices, textNeeds, type TextNetwork } from './text-needs.js';
import { validateFiles } from './validate-files.js';

/** Text embeddings of sentence-transformers models, in ONNX and GGUF format. */
export class EmbeddingHandler extends ModelFolderHandler<LoadedEmbedder> {
  getDependencies(): Dependency[] {
    return ggufDependencies(this.model);
  }

  async analyze(): Promise<ModelRequirements> {
    return isGguf(this.model) ? deriveGgufRequirements(this.model) : deriveRequirements(this.model, textNeeds(this.model, this.#network()));
  }

  getInferenceParams(): InferenceParams {
    const { pipeline } = readFacts(this.model);
    return { normalize: pipeline.normalized, truncate: true };
  }

  getTrainingParams(): TrainingParams {
    return this.trainingParams(readFacts(this.model).settings.maxTokens);
  }

  async validateModelFiles(path: string): Promise<Validation> {
    return validateFiles(this.model, path, () => [inFolder(readFacts(this.model).pipeline.transformerFolder, 'tokenizer.json')]);
  }

  override getModeDescriptions(): Record<string, string> {
    const { settings } = readFacts(this.model);
    const modes = promptModes(settings);
    return {
      auto: settings.defaultPromptName ? `Embeds texts with the model's prompt "${settings.defaultPromptName}".` : 'Embeds texts as they are.',
      ...(modes.query === undefined ? {} : { query: 'Embeds search queries, with the prompt that the model has for them.' }),
      ...(modes.document === undefined ? {} : { document: 'Embeds documents to be found, with the prompt that the model has for them.' }),
    };
  }

  override applyModeSettings(mode: string, settings: InferenceParams): InferenceParams {
    const promptName = promptModes(readFacts(this.model).settings)[mode];
    return promptName === undefined ? settings : { promptName, ...settings };
  }

  override getInstallationNotes(): Record<string, string> {
    const { pipeline } = readFacts(this.model);
    const roundsOverBatch = onnxVariants(this.model).length > 0 && isEightBit(chooseOnnx(this.model).dtype);
    return {
      ...(pipeline.declared
        ? {}
        : { pooling: `This repository does not say how to pool; "${pipeline.pooling.join(', ')}" is assumed. Set "pooling" and "normalize" as its author says.` }),
      ...(roundsOverBatch ? { quantization: 'An int8 file rounds over a whole batch: the vector of a text changes a little with the texts that are sent with it.' } : {}),
    };
  }

  override validateInputs(inputs: unknown, task?: string): Validation {
    const general = super.validateInputs(inputs, task);
    if (!general.ok) return general;
    try {
      resolveEmbedOptions(parseInput(generateRequestSchema, inputs), readFacts(this.model));
      return { ok: true };
    } catch (error) {
      const { code, message, hint, param } = LlmiError.from(error);
      return { ok: false, error: message, hint, param, code };
    }
  }

  override getModelCapabilities(): ModelCapabilities {
    const { pipeline, settings } = readFacts(this.model);
    return {
      ...super.getModelCapabilities(),
      outputModalities: ['embedding'],
      tasks: [...embeddingTasks],
      maxContextLength: settings.maxTokens,
      ...(pipeline.dimensions === undefined ? {} : { embeddingDimensions: pipeline.dimensions }),
    };
  }

  override getQuantizationOptions(): QuantizationOption[] {
    return isGguf(this.model) ? ggufQuantizations(this.model) : quantizationOptions(this.model, textChoices(this.model, this.#network()));
  }

  protected openModel(folder: string, model: ModelInfo, options: LoadOptions): Promise<LoadedEmbedder> {
    return LoadedEmbedder.load(folder, model, options);
  }

  #network(): TextNetwork {
    const { pipeline, settings } = readFacts(this.model);
    return { folder: pipeline.transformerFolder, maxTokens: settings.maxTokens, positionLimit: settings.positionLimit, width: pipeline.dimensions };
  }
}
