import { collectAs, LlmiError, parseInput, generateRequestSchema, type CallOptions, type Dependency, type GenerateRequest, type InferenceParams, type LoadOptions, type ModelCapabilities, type ModelInfo, type ModelRequirements, type QuantizationOption, type ResultOf, type TrainingParams, type Validation } from '@llmi/core';
import { ggufDependencies } from '../dependencies.js';
import { ModelFolderHandler } from '../model-folder-handler.js';
import { isGguf } from '../gguf/gguf-files.js';
import { deriveGgufRequirements, ggufQuantizations } from '../gguf/gguf-requirements.js';
import { deriveRequirements, quantizationOptions } from '../requirements.js';
import { textChoices, textNeeds } from '../text-needs.js';
import { validateFiles } from '../validate-files.js';
import { LoadedReranker } from './loaded-reranker.js';
import { rankingTask, rerankModes, resolveRerankOptions } from './options.js';
import { readRerankSettings } from './rerank-settings.js';

/** Cross-encoders: how well each of some documents answers a query. */
export class RerankerHandler extends ModelFolderHandler<LoadedReranker> {
  getDependencies(): Dependency[] {
    return ggufDependencies(this.model);
  }

  async analyze(): Promise<ModelRequirements> {
    return isGguf(this.model) ? deriveGgufRequirements(this.model) : deriveRequirements(this.model, textNeeds(this.model, this.#network()));
  }

  /** Documents in the order of how well they answer a query. */
  async rerank(request: Pick<GenerateRequest, 'query' | 'documents' | 'topN' | 'truncate'>, options?: CallOptions): Promise<ResultOf<'rerank'>> {
    return collectAs(this.generateStream(request, options), 'rerank');
  }

  getInferenceParams(): InferenceParams {
    return { truncate: true };
  }

  getTrainingParams(): TrainingParams {
    return this.trainingParams(readRerankSettings(this.model).maxTokens);
  }

  async validateModelFiles(path: string): Promise<Validation> {
    return validateFiles(this.model, path, () => ['tokenizer.json']);
  }

  override getModeDescriptions(): Record<string, string> {
    return { ...rerankModes };
  }

  override validateInputs(inputs: unknown, task?: string): Validation {
    const general = super.validateInputs(inputs, task);
    if (!general.ok) return general;
    try {
      resolveRerankOptions(parseInput(generateRequestSchema, inputs));
      return { ok: true };
    } catch (error) {
      const { code, message, hint, param } = LlmiError.from(error);
      return { ok: false, error: message, hint, param, code };
    }
  }

  override getModelCapabilities(): ModelCapabilities {
    return { ...super.getModelCapabilities(), outputModalities: ['label'], tasks: [rankingTask], maxContextLength: readRerankSettings(this.model).maxTokens };
  }

  override getQuantizationOptions(): QuantizationOption[] {
    return isGguf(this.model) ? ggufQuantizations(this.model) : quantizationOptions(this.model, textChoices(this.model, this.#network()));
  }

  protected openModel(folder: string, model: ModelInfo, options: LoadOptions): Promise<LoadedReranker> {
    return LoadedReranker.load(folder, model, options);
  }

  #network() {
    const { maxTokens, positionLimit } = readRerankSettings(this.model);
    return { folder: '', maxTokens, positionLimit };
  }
}
