import type { FastifyInstance } from 'fastify';
import { parseInput } from '@llmi/core';
import { embedTexts } from '../../embed-texts.js';
import type { Gateway } from '../../gateway.js';
import { chooseModel } from '../../model-choice.js';
import { mapEmbedding } from './map-request.js';
import type { Embeddings } from './reply-schemas.js';
import { embeddingRequestSchema } from './request-schemas.js';

export function embeddingsRoute(app: FastifyInstance, gateway: Gateway): void {
  app.post(
    '/v1/embeddings',
    {
      config: {
        doc: {
          tag: 'openai',
          summary: 'Vectors of texts.',
          body: 'EmbeddingRequest',
          reply: { schema: 'Embeddings', description: 'One vector per text, in order.' },
          errors: [400, 404, 413, 415, 422, 429, 500, 503, 507],
        },
      },
    },
    async ({ body }, reply): Promise<Embeddings> => {
      const asked = parseInput(embeddingRequestSchema, body);
      const { name } = await chooseModel(gateway, asked.model);
      using work = gateway.work.beginReply(reply.raw);
      const { result } = await embedTexts(gateway, name, mapEmbedding(asked), work.signal);
      const encode = asked.encoding_format === 'base64' ? toBase64 : (vector: number[]) => vector;
      return {
        object: 'list',
        model: name,
        data: result.embeddings.map((vector, index) => ({ object: 'embedding', index, embedding: encode(vector) })),
        usage: { prompt_tokens: result.usage.promptTokens, total_tokens: result.usage.totalTokens },
      };
    },
  );
}

/** Little-endian float32, whatever the byte order of this machine. */
function toBase64(vector: number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}
