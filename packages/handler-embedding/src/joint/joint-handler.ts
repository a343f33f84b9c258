import { LlmiError, parseInput, generateRequestSchema, type Dependency, type InferenceParams, type LoadOptions, type ModelCapabilities, type ModelInfo, type ModelRequirements, type QuantizationOption, type TrainingParams, type Validation } from '@llmi/core';
import { pictureDependencies } from '../dependencies.js';
import { ModelFolderHandler } from '../model-folder-handler.js';
import { inFolder } from '../modules.js';
import { deriveRequirements, quantizationOptions } from '../requirements.js';
import { validateFiles } from '../validate-files.js';
import { jointChoices, jointNeeds } from './joint-needs.js';
import { readJointSettings, type JointSettings } from './joint-settings.js';
import { LoadedJointEmbedder } from './loaded-joint-embedder.js';
import { jointModes, jointTasks, resolveJointOptions, type JointFacts } from './options.js';
import { chooseTowers } from './tower-files.js';

/** Texts and pictures in one space: CLIP, SigLIP and relatives in ONNX format. */
export class JointEmbeddingHandler extends ModelFolderHandler<LoadedJointEmbedder> {
  getDependencies(): Dependency[] {
    return this.#read().facts.images ? pictureDependencies() : [];
  }

  async analyze(): Promise<ModelRequirements> {
    const { settings, files } = this.#read();
    return deriveRequirements(this.model, jointNeeds(settings, files));
  }

  getInferenceParams(): InferenceParams {
    return { normalize: this.#read().settings.normalized, truncate: true };
  }

  getTrainingParams(): TrainingParams {
    return this.trainingParams(this.#read().settings.maxTokens);
  }

  async validateModelFiles(path: string): Promise<Validation> {
    return validateFiles(this.model, path, () => {
      const { folder, plan } = this.#read().settings;
      return [inFolder(folder, 'tokenizer.json'), ...(plan ? [inFolder(folder, 'preprocessor_config.json')] : [])];
    });
  }

  override getModeDescriptions(): Record<string, string> {
    return { ...jointModes };
  }

  override validateInputs(inputs: unknown, task?: string): Validation {
    const general = super.validateInputs(inputs, task);
    if (!general.ok) return general;
    try {
      resolveJointOptions(parseInput(generateRequestSchema, inputs), this.#read().facts);
      return { ok: true };
    } catch (error) {
      const { code, message, hint, param } = LlmiError.from(error);
      return { ok: false, error: message, hint, param, code };
    }
  }

  override getModelCapabilities(): ModelCapabilities {
    const { settings, facts } = this.#read();
    return {
      ...super.getModelCapabilities(),
      supportsMultimodal: facts.texts && facts.images,
      inputModalities: [...(facts.texts ? (['text'] as const) : []), ...(facts.images ? (['image'] as const) : [])],
      outputModalities: ['embedding'],
      tasks: jointTasks,
      maxContextLength: settings.maxTokens,
      ...(settings.dimensions === undefined ? {} : { embeddingDimensions: settings.dimensions }),
    };
  }

  override getQuantizationOptions(): QuantizationOption[] {
    return quantizationOptions(this.model, jointChoices(this.model, this.#read().settings));
  }

  protected openModel(folder: string, model: ModelInfo, options: LoadOptions): Promise<LoadedJointEmbedder> {
    return LoadedJointEmbedder.load(folder, model, options);
  }

  #read(): { settings: JointSettings; files: ReturnType<typeof chooseTowers>; facts: JointFacts } {
    const files = chooseTowers(this.model);
    const settings = readJointSettings(this.model, files);
    const facts = { texts: (files.text ?? files.joint) !== undefined, images: (files.vision ?? files.joint) !== undefined, normalized: settings.normalized };
    return { settings, files, facts };
  }
}
