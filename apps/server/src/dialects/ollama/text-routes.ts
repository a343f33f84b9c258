import type { FastifyInstance, FastifyReply } from 'fastify';
import { parseInput, type GenerateRequest } from '@llmi/core';
import type { Gateway } from '../../gateway.js';
import { checkMedia } from '../../media-input.js';
import { relay } from '../../relay.js';
import { checkMay } from '../../security/limited-engine.js';
import { streamReply } from '../../stream-reply.js';
import { ollamaErrorBody } from './errors.js';
import { findModel } from './find-model.js';
import { keepAliveMs, type KeepAlive } from './keep-alive.js';
import { mapChat, mapGenerate } from './map-request.js';
import { chatSchema, generateSchema, type OllamaChat, type OllamaGenerate } from './request-schemas.js';
import { AnswerLines, emptyAnswer, type AnswerShape } from './answer-lines.js';

const errors = [400, 404, 413, 415, 422, 429, 500, 503, 504, 507];

/** What a request of either route comes to. */
interface Asked {
  body: OllamaChat | OllamaGenerate;
  /** Undefined for a request that only loads or unloads. */
  request: GenerateRequest | undefined;
  shape: AnswerShape;
}

/** Chat and generate: streams of JSON lines unless `stream` is false. */
export function textRoutes(app: FastifyInstance, gateway: Gateway, keepAlive: KeepAlive): void {
  app.post(
    '/api/chat',
    { config: { doc: { tag: 'ollama', summary: 'The next message of a chat.', body: 'OllamaChat', reply: { schema: 'OllamaChatReply', description: 'The message; with streams, one such object per line.' }, lines: true, errors } } },
    async ({ body }, reply) => {
      const chat = parseInput(chatSchema, body);
      const isEmpty = (chat.messages ?? []).length === 0;
      return answer(gateway, keepAlive, reply, { body: chat, request: isEmpty ? undefined : mapChat(chat), shape: 'chat' });
    },
  );
  app.post(
    '/api/generate',
    { config: { doc: { tag: 'ollama', summary: 'The answer to a prompt.', body: 'OllamaGenerate', reply: { schema: 'OllamaGenerateReply', description: 'The answer; with streams, one such object per line.' }, lines: true, errors } } },
    async ({ body }, reply) => {
      const asked = parseInput(generateSchema, body);
      return answer(gateway, keepAlive, reply, { body: asked, request: asked.prompt ? mapGenerate(asked) : undefined, shape: 'generate' });
    },
  );
}

async function answer(gateway: Gateway, keepAlive: KeepAlive, reply: FastifyReply, { body, request, shape }: Asked): Promise<unknown> {
  const { name } = await findModel(gateway, body.model);
  const { keep_alive: keep } = body;
  if (keep !== null && keep !== undefined) keepAliveMs(keep); // refused before any work
  if (request === undefined) return loadOrUnload(gateway, keepAlive, reply, { name, keep, shape });
  checkMedia(request);
  const lines = new AnswerLines(shape, body.model);
  if (body.stream === false) {
    using work = gateway.work.beginReply(reply.raw);
    const done = await relay(gateway.engine.generate(name, request, { signal: work.signal }), (event) => lines.note(event));
    await keepAlive.after(name, keep);
    return lines.whole(done);
  }
  await streamReply(gateway, reply, {
    format: 'ndjson',
    produce: async (send, signal) => void (await relay(gateway.engine.generate(name, request, { signal }), (event) => send(lines.line(event)))),
    errorFrame: (error) => `${JSON.stringify(ollamaErrorBody(error))}\n`,
  });
  await keepAlive.after(name, keep);
}

/** A request without words: the model is loaded, or with `keep_alive: 0` unloaded. */
async function loadOrUnload(gateway: Gateway, keepAlive: KeepAlive, reply: FastifyReply, { name, keep, shape }: { name: string; keep: OllamaChat['keep_alive']; shape: AnswerShape }): Promise<unknown> {
  if (keep !== null && keep !== undefined && keepAliveMs(keep) === 0) {
    checkMay(reply.request.raw, 'manage');
    await gateway.engine.unload(name);
    return emptyAnswer(shape, name, 'unload');
  }
  using work = gateway.work.beginReply(reply.raw);
  await gateway.engine.load(name, { signal: work.signal });
  await keepAlive.after(name, keep);
  return emptyAnswer(shape, name, 'load');
}
