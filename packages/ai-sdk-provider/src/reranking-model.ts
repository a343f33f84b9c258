import type { RerankingModelV4 } from '@ai-sdk/provider';
import type { Connection } from './connection.js';
import { orApiError } from './errors.js';
import { ownOptions } from './own-options.js';

export function rerankingModel({ client, baseUrl, provider }: Connection, modelId: string): RerankingModelV4 {
  return {
    specificationVersion: 'v4',
    provider: `${provider}.reranking`,
    modelId,
    async doRerank({ documents, query, topN, providerOptions, abortSignal }) {
      const texts = documents.type === 'text' ? documents.values : documents.values.map((value) => JSON.stringify(value));
      const request = { model: modelId, query, documents: texts, ...(topN === undefined ? {} : { topN }), ...ownOptions(providerOptions) };
      const { results } = await orApiError(`${baseUrl}/generate`, request, () => client.rerank(request, { signal: abortSignal }));
      return { ranking: results.map(({ index, score }) => ({ index, relevanceScore: score })), warnings: [] };
    },
  };
}
