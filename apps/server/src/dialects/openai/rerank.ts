import type { FastifyInstance } from 'fastify';
import { generateRequestSchema, LlmiError, parseInput } from '@llmi/core';
import { z } from 'zod';
import type { Gateway } from '../../gateway.js';
import { chooseModel } from '../../model-choice.js';
import { newId } from '../../new-id.js';
import { withoutUndefined } from '../../without-undefined.js';

// Source of names: https://docs.cohere.com/reference/rerank and https://jina.ai/reranker, which other servers share.
export const rerankRequestSchema = z.strictObject({
  model: z.string().min(1).nullish(),
  query: z.string(),
  documents: z.array(z.union([z.string(), z.strictObject({ text: z.string() })])).min(1).max(4096),
  top_n: generateRequestSchema.shape.topN.unwrap().nullish(),
  return_documents: z.boolean().nullish(),
  truncate: generateRequestSchema.shape.truncate.unwrap().nullish(),
  user: z.string().nullish(),
});

export const rerankReplySchema = z.object({
  id: z.string(),
  object: z.literal('list'),
  model: z.string(),
  results: z.array(z.object({ index: z.int(), relevance_score: z.number(), document: z.object({ text: z.string() }).optional() })),
  usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
});

/** Ranks documents by a query, under each of the paths that clients know. */
export function rerankRoutes(app: FastifyInstance, gateway: Gateway): void {
  for (const path of ['/v1/rerank', '/v2/rerank', '/rerank']) {
    app.post(
      path,
      { config: { doc: { tag: 'openai', summary: 'Documents in the order of how well they answer a query.', body: 'RerankRequest', reply: { schema: 'Rerank', description: 'The best first.' }, errors: [400, 404, 413, 415, 422, 429, 500, 503, 504, 507] } } },
      async ({ body }, reply) => {
        const { model, query, documents, top_n: topN, return_documents: withDocuments, truncate } = parseInput(rerankRequestSchema, body);
        const texts = documents.map((document) => (typeof document === 'string' ? document : document.text));
        const { name } = await chooseModel(gateway, model ?? undefined);
        using work = gateway.work.beginReply(reply.raw);
        const { result } = await gateway.engine.answer(name, withoutUndefined({ query, documents: texts, topN: topN ?? undefined, truncate: truncate ?? undefined }), { signal: work.signal });
        if (result.type !== 'rerank') throw new LlmiError('TASK_UNSUPPORTED', { message: `${name} answers with "${result.type}", not with a ranking.`, hint: 'Use a reranker.', param: 'model' });
        return {
          id: newId('rerank-'),
          object: 'list',
          model: name,
          results: result.results.map(({ index, score }) => ({ index, relevance_score: score, ...(withDocuments ? { document: { text: texts[index]! } } : {}) })),
          usage: { prompt_tokens: result.usage?.promptTokens ?? 0, total_tokens: result.usage?.totalTokens ?? 0 },
        };
      },
    );
  }
}
