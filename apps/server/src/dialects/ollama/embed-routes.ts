import type { FastifyInstance, FastifyReply } from 'fastify';
import { parseInput } from '@llmi/core';
import type { Gateway } from '../../gateway.js';
import { embedTexts } from '../../embed-texts.js';
import { findModel } from './find-model.js';
import { keepAliveMs, type KeepAlive } from './keep-alive.js';
import { mapEmbed } from './map-request.js';
import { embedSchema, embeddingsSchema, type OllamaEmbed } from './request-schemas.js';

const errors = [400, 404, 413, 415, 422, 429, 500, 503, 504, 507];

/** Vectors of texts: today's route, and the older one for a single text. */
export function embedRoutes(app: FastifyInstance, gateway: Gateway, keepAlive: KeepAlive): void {
  const embed = async (asked: OllamaEmbed, reply: FastifyReply) => {
    const { name } = await findModel(gateway, asked.model);
    const { keep_alive: keep } = asked;
    if (keep !== null && keep !== undefined) keepAliveMs(keep); // refused before any work
    using work = gateway.work.beginReply(reply.raw);
    const answer = await embedTexts(gateway, name, mapEmbed(asked), work.signal);
    await keepAlive.after(name, keep);
    return answer;
  };

  app.post(
    '/api/embed',
    { config: { doc: { tag: 'ollama', summary: 'Vectors of texts.', body: 'OllamaEmbed', reply: { schema: 'OllamaEmbedReply', description: 'One vector per text, in order.' }, errors } } },
    async ({ body }, reply) => {
      const start = performance.now();
      const asked = parseInput(embedSchema, body);
      const { result, envelope } = await embed(asked, reply);
      return {
        model: asked.model,
        embeddings: result.embeddings,
        total_duration: Math.round((performance.now() - start) * 1e6), // nanoseconds, as this API counts
        load_duration: Math.round((envelope.timing.load ?? 0) * 1e6),
        prompt_eval_count: result.usage.promptTokens,
      };
    },
  );

  app.post(
    '/api/embeddings',
    { config: { doc: { tag: 'ollama', summary: 'The vector of one text.', body: 'OllamaEmbeddings', reply: { schema: 'OllamaEmbeddingsReply', description: 'The vector.' }, errors } } },
    async ({ body }, reply) => {
      const { prompt, ...asked } = parseInput(embeddingsSchema, body);
      const { result } = await embed({ ...asked, input: prompt }, reply);
      return { embedding: result.embeddings[0] };
    },
  );
}
