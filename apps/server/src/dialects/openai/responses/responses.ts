import type { FastifyInstance } from 'fastify';
import { LlmiError, parseInput } from '@llmi/core';
import type { Gateway } from '../../../gateway.js';
import { checkMedia } from '../../../media-input.js';
import { chooseModel } from '../../../model-choice.js';
import { newId } from '../../../new-id.js';
import { ownerOf } from '../../../owner.js';
import { relay } from '../../../relay.js';
import { streamReply } from '../../../stream-reply.js';
import { openaiErrorBody } from '../errors.js';
import { conversationOf, mapResponse } from './map-request.js';
import type { Response } from './reply-schemas.js';
import { responseRequestSchema, type ResponseRequest } from './request-schema.js';
import { ResponseBuilder } from './response-builder.js';
import { ResponseStore } from './response-store.js';

const errors = [400, 404, 413, 415, 422, 429, 500, 503, 504, 507];
const path = '/v1/responses/{response_id}';

export function responsesRoutes(app: FastifyInstance, gateway: Gateway): void {
  const store = new ResponseStore();
  const stored = (id: string, owner: string, param?: string) => {
    const found = store.get(owner, id);
    if (!found) throw unknown(id, param);
    return found;
  };

  app.post(
    '/v1/responses',
    { config: { doc: { tag: 'openai', summary: 'The next turn of a conversation.', body: 'ResponseRequest', reply: { schema: 'Response', description: 'The turn.' }, stream: 'ResponseEvent', errors } } },
    async ({ body }, reply) => {
      const asked = parseInput(responseRequestSchema, body);
      const owner = ownerOf(reply, gateway);
      const before = asked.previous_response_id ? stored(asked.previous_response_id, owner, 'previous_response_id').conversation : [];
      const conversation = conversationOf(asked, before);
      const request = mapResponse(asked, conversation);
      checkMedia(request);
      const { name } = await chooseModel(gateway, asked.model);
      const builder = new ResponseBuilder(newResponse(asked, name), asked.parallel_tool_calls === false);
      const keep = () => {
        if (asked.store !== false) store.keep(owner, builder.response, [...conversation, builder.message()]);
      };
      if (!asked.stream) {
        using work = gateway.work.beginReply(reply.raw);
        await relay(gateway.engine.generate(name, request, { signal: work.signal }), (event) => void builder.take(event));
        keep();
        return builder.response;
      }
      return streamReply(gateway, reply, {
        produce: async (send, signal) => {
          let hasBegun = false;
          await relay(gateway.engine.generate(name, request, { signal }), (event) => {
            const start = hasBegun ? '' : builder.begin();
            hasBegun = true;
            return send(start + builder.take(event));
          });
          keep();
        },
        errorFrame: (error) => {
          const { code, message } = (openaiErrorBody(error, reply.request.url) as { error: { code: string; message: string } }).error;
          return builder.fail(code, message);
        },
      });
    },
  );

  app.get<{ Params: { id: string } }>(
    '/v1/responses/:id',
    { config: { doc: { tag: 'openai', summary: 'A response that is still kept.', path, reply: { schema: 'Response', description: 'The response.' }, errors: [404] } } },
    async ({ params }, reply) => stored(params.id, ownerOf(reply, gateway)).response,
  );

  app.delete<{ Params: { id: string } }>(
    '/v1/responses/:id',
    { config: { doc: { tag: 'openai', summary: 'Forgets a response.', path, reply: { schema: 'ResponseDeleted', description: 'It is gone.' }, errors: [404] } } },
    async ({ params: { id } }, reply) => {
      if (!store.delete(ownerOf(reply, gateway), id)) throw unknown(id);
      return { id, object: 'response', deleted: true };
    },
  );
}

function unknown(id: string, param?: string): LlmiError {
  return new LlmiError('NOT_FOUND', {
    message: `There is no response "${id.slice(0, 100)}".`,
    hint: 'Responses are kept in memory, unless "store" is false, until others take their place or the server ends; send the conversation as input.',
    param,
  });
}

/** A response before its first item, with what was asked for told back. */
function newResponse(asked: ResponseRequest, model: string): Response {
  return {
    id: newId('resp_'),
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: asked.instructions ?? null,
    max_output_tokens: asked.max_output_tokens ?? null,
    model,
    output: [],
    parallel_tool_calls: asked.parallel_tool_calls ?? true,
    previous_response_id: asked.previous_response_id ?? null,
    reasoning: { effort: asked.reasoning?.effort ?? null, summary: null },
    store: asked.store ?? true,
    temperature: asked.temperature ?? null,
    text: { format: asked.text?.format ?? { type: 'text' } },
    tool_choice: asked.tool_choice ?? 'auto',
    tools: asked.tools ?? [],
    top_p: asked.top_p ?? null,
    truncation: 'disabled',
    metadata: asked.metadata ?? {},
    user: asked.user ?? null,
    usage: null,
  };
}
