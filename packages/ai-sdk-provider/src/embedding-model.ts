import type { EmbeddingModelV4 } from '@ai-sdk/provider';
import type { Connection } from './connection.js';
import { orApiError } from './errors.js';
import { ownOptions } from './own-options.js';

/** Texts that one request of llmi takes. */
const mostTexts = 4096;

export function embeddingModel({ client, baseUrl, provider }: Connection, modelId: string): EmbeddingModelV4 {
  return {
    specificationVersion: 'v4',
    provider: `${provider}.embedding`,
    modelId,
    maxEmbeddingsPerCall: mostTexts,
    supportsParallelCalls: true,
    async doEmbed({ values, dimensions, abortSignal, providerOptions }) {
      const request = { model: modelId, texts: values, ...(dimensions === undefined ? {} : { dimensions }), ...ownOptions(providerOptions) };
      const { embeddings, usage } = await orApiError(`${baseUrl}/generate`, request, () => client.embed(request, { signal: abortSignal }));
      return { embeddings, usage: { tokens: usage.totalTokens }, warnings: [] };
    },
  };
}
