import type { EmbeddingModelV4, ImageModelV4, LanguageModelV4, ProviderV4, RerankingModelV4, SpeechModelV4, TranscriptionModelV4 } from '@ai-sdk/provider';
import { LlmiClient } from '@llmi/client';
import type { Connection } from './connection.js';
import { embeddingModel } from './embedding-model.js';
import { imageModel } from './image-model.js';
import { languageModel } from './language-model.js';
import { rerankingModel } from './reranking-model.js';
import { speechModel } from './speech-model.js';
import { transcriptionModel } from './transcription-model.js';

export interface LlmiProviderOptions {
  /** Address of the server; default: http://127.0.0.1:8000. */
  baseUrl?: string;
  apiKey?: string;
  headers?: Record<string, string>;
  /** In place of the global one. */
  fetch?: typeof fetch;
  /** Name of the provider in errors and telemetry; default: llmi. */
  name?: string;
}

/** The models of an llmi server, by the names they are served under. */
export interface LlmiProvider extends ProviderV4 {
  /** The same as `languageModel`. */
  (modelId: string): LanguageModelV4;
  languageModel(modelId: string): LanguageModelV4;
  embeddingModel(modelId: string): EmbeddingModelV4;
  imageModel(modelId: string): ImageModelV4;
  speechModel(modelId: string): SpeechModelV4;
  transcriptionModel(modelId: string): TranscriptionModelV4;
  rerankingModel(modelId: string): RerankingModelV4;
}

/** A provider for the models of one server. Nothing is asked of it before a model is used. */
export function createLlmi({ name = 'llmi', baseUrl = 'http://127.0.0.1:8000', ...options }: LlmiProviderOptions = {}): LlmiProvider {
  // The AI SDK repeats calls itself, as often as its caller says.
  const connection: Connection = { client: new LlmiClient({ baseUrl, ...options, maxRetries: 0 }), baseUrl, provider: name };
  const language = (modelId: string) => languageModel(connection, modelId);
  return Object.assign(language, {
    specificationVersion: 'v4' as const,
    languageModel: language,
    embeddingModel: (modelId: string) => embeddingModel(connection, modelId),
    imageModel: (modelId: string) => imageModel(connection, modelId),
    speechModel: (modelId: string) => speechModel(connection, modelId),
    transcriptionModel: (modelId: string) => transcriptionModel(connection, modelId),
    rerankingModel: (modelId: string) => rerankingModel(connection, modelId),
  });
}

/** The models of the server on this machine, at its usual port. */
export const llmi: LlmiProvider = createLlmi();
