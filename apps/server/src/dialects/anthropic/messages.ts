import type { FastifyInstance } from 'fastify';
import { parseInput } from '@llmi/core';
import type { Gateway } from '../../gateway.js';
import { checkMedia } from '../../media-input.js';
import { chooseModel } from '../../model-choice.js';
import { newId } from '../../new-id.js';
import { relay } from '../../relay.js';
import { streamReply } from '../../stream-reply.js';
import { asText } from '../openai/reply-parts.js';
import { anthropicErrorBody } from './errors.js';
import { mapCountTokens, mapMessages } from './map-request.js';
import { eventFrame, MessageStream } from './message-stream.js';
import { messageOf } from './reply.js';
import { countTokensRequestSchema, messagesRequestSchema } from './request-schemas.js';

const errors = [400, 404, 413, 415, 422, 429, 500, 503, 504, 507];

/** Anthropic's API. */
export function messagesRoutes(app: FastifyInstance, gateway: Gateway): void {
  app.post(
    '/v1/messages',
    {
      config: {
        doc: { tag: 'anthropic', summary: 'The next message of a chat.', body: 'MessagesRequest', reply: { schema: 'Message', description: 'The message.' }, stream: 'MessageEvent', errors },
      },
    },
    async ({ body }, reply) => {
      const asked = parseInput(messagesRequestSchema, body);
      const request = mapMessages(asked);
      checkMedia(request);
      const { name } = await chooseModel(gateway, asked.model);
      const id = newId('msg_');
      const choice = asked.tool_choice;
      const oneCall = choice !== undefined && choice.type !== 'none' && choice.disable_parallel_tool_use === true;
      if (asked.stream) {
        const stream = new MessageStream(id, name, oneCall);
        return streamReply(gateway, reply, {
          produce: async (send, signal) => void (await relay(gateway.engine.generate(name, request, { signal }), (event) => send(stream.frame(event)))),
          errorFrame: (error) => eventFrame(anthropicErrorBody(error, reply.request.id) as { type: string }),
        });
      }
      using work = gateway.work.beginReply(reply.raw);
      const { result } = await gateway.engine.answer(name, request, { signal: work.signal });
      return messageOf(id, name, asText(result, name), oneCall);
    },
  );

  app.post(
    '/v1/messages/count_tokens',
    { config: { doc: { tag: 'anthropic', summary: 'How many tokens a prompt has.', body: 'CountTokensRequest', reply: { schema: 'CountTokens', description: 'The count.' }, errors } } },
    async ({ body }, reply) => {
      const asked = parseInput(countTokensRequestSchema, body);
      const request = mapCountTokens(asked);
      checkMedia(request);
      const { name } = await chooseModel(gateway, asked.model);
      using work = gateway.work.beginReply(reply.raw);
      const { result } = await gateway.engine.answer(name, request, { signal: work.signal });
      return { input_tokens: asText(result, name).usage.promptTokens };
    },
  );
}
