import type { FastifyInstance, FastifyReply } from 'fastify';
import type { GenerateRequest } from '@llmi/core';
import { errorBody } from '../../error-response.js';
import type { Gateway } from '../../gateway.js';
import { chooseModel } from '../../model-choice.js';
import { relay } from '../../relay.js';
import { streamReply } from '../../stream-reply.js';
import { answerToWire, eventJson, readGenerateRequest } from './wire.js';

const errors = [400, 404, 413, 415, 422, 429, 500, 503, 507];

export function generateRoutes(app: FastifyInstance, gateway: Gateway): void {
  app.post(
    '/generate',
    {
      config: {
        doc: {
          tag: 'native',
          summary: 'Asks a model, whatever it makes. With "stream": true the reply is that of /generate/stream.',
          body: 'GenerateRequest',
          reply: { schema: 'GenerateAnswer', description: 'The whole answer.' },
          stream: 'StreamEvent',
          errors,
        },
      },
    },
    async ({ body }, reply) => {
      const { request, stream } = readGenerateRequest(body, gateway.media.store);
      const { name } = await chooseModel(gateway, request.model);
      if (stream) return streamAnswer(gateway, reply, name, request);
      using work = gateway.work.beginReply(reply.raw);
      const { result, envelope } = await gateway.engine.answer(name, request, { signal: work.signal });
      return answerToWire(result, envelope);
    },
  );

  app.post(
    '/generate/stream',
    {
      config: {
        doc: {
          tag: 'native',
          summary: 'The same request, answered with server-sent events as the work goes on. Closing the connection ends the work.',
          body: 'GenerateRequest',
          stream: 'StreamEvent',
          errors,
        },
      },
    },
    async ({ body }, reply) => {
      const { request } = readGenerateRequest(body, gateway.media.store);
      const { name } = await chooseModel(gateway, request.model);
      return streamAnswer(gateway, reply, name, request);
    },
  );
}

async function streamAnswer(gateway: Gateway, reply: FastifyReply, name: string, request: GenerateRequest): Promise<void> {
  await streamReply(gateway, reply, {
    produce: async (send, signal) => {
      await relay(gateway.engine.generate(name, request, { signal }), (event) => send(`data: ${eventJson(event)}\n\n`));
    },
    errorFrame: (error) => `data: ${JSON.stringify({ type: 'error', ...(errorBody(error, reply.request) as object), finished: true })}\n\n`,
  });
}
