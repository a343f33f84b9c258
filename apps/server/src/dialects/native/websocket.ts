import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { LlmiError } from '@llmi/core';
import { z } from 'zod';
import { errorBody, errorLogEntry, publicError } from '../../error-response.js';
import type { Gateway } from '../../gateway.js';
import { chooseModel } from '../../model-choice.js';
import { relay } from '../../relay.js';
import type { JsonParser } from '../../security/json-body.js';
import { withinLimits } from '../../security/limited-engine.js';
import { clientGone, type Work } from '../../work-in-progress.js';
import { eventJson, readGenerateRequest } from './wire.js';

/** Requests in work on one connection; an engine's own queue is shared by all clients. */
const maxRequests = 64;
/** Unsent bytes from which a slow client slows the work down. */
const highWaterBytes = 1024 * 1024;
/** A client that does not answer a ping within this time is gone. */
const heartbeatMs = 30_000;

const idSchema = z.union([z.string().max(200), z.number()]).optional();
type MessageId = z.infer<typeof idSchema>;

const cancelSchema = z.strictObject({ type: z.literal('cancel'), id: idSchema });

export function websocketRoute(app: FastifyInstance, gateway: Gateway, parse: JsonParser): void {
  app.route({
    method: 'GET',
    url: '/ws',
    config: {
      doc: {
        tag: 'native',
        summary:
          'WebSocket. Each message is a request of /generate with an "id"; its events come back as those of /generate/stream, with the id. {"type": "cancel", "id"} ends one.',
        reply: { status: 101, description: 'The connection is a WebSocket from here on.' },
        errors: [400, 401, 403],
      },
    },
    handler: async () => {
      throw invalid('This route is a WebSocket, and the request asks for none.', 'Connect with a WebSocket client: ws://, not http://.');
    },
    wsHandler: (socket, request) => new Conversation(gateway, socket, request, parse).listen(),
  });
}

/** One connection with the requests that are in work on it. */
class Conversation {
  readonly #requests = new Map<MessageId, Work>();

  constructor(
    readonly gateway: Gateway,
    readonly socket: WebSocket,
    readonly request: FastifyRequest,
    readonly parse: JsonParser,
  ) {}

  listen(): void {
    const { socket } = this;
    let isAlive = true;
    const heartbeat = setInterval(() => {
      if (!isAlive) return socket.terminate();
      isAlive = false;
      socket.ping();
    }, heartbeatMs);
    heartbeat.unref();
    socket.on('pong', () => (isAlive = true));
    socket.on('message', (data: Buffer, isBinary) => void withinLimits(this.request.raw, () => this.#receive(data, isBinary)));
    socket.on('close', () => {
      clearInterval(heartbeat);
      for (const work of this.#requests.values()) work.cancel(clientGone());
    });
  }

  /** Never rejects: whatever goes wrong with one message is told under its id, and the connection lives on. */
  async #receive(data: Buffer, isBinary: boolean): Promise<void> {
    let id: MessageId;
    try {
      if (isBinary) throw invalid('The message is binary.', 'Send one JSON object per message, as text.');
      const message = this.parse(this.request, data.toString('utf8'));
      if (typeof message !== 'object' || message === null || Array.isArray(message)) throw invalid('The message is no JSON object.', 'Send a request of /generate with an "id".');
      const { id: asked, ...body } = message as Record<string, unknown>;
      const checked = idSchema.safeParse(asked);
      if (!checked.success) throw invalid('The id is neither a string of at most 200 characters nor a number.', 'Give each request an id of its own.', 'id');
      id = checked.data;
      if (body.type === 'cancel') return this.#cancel(message);
      await this.#answer(id, body);
    } catch (error) {
      const told = publicError(error, this.gateway.scrub);
      this.gateway.metrics.error(told.code);
      this.gateway.log(errorLogEntry(error, told, this.request.id));
      await this.#send(id, JSON.stringify({ type: 'error', ...(errorBody(told, this.request) as object), finished: true }));
    }
  }

  #cancel(message: object): void {
    const cancel = cancelSchema.safeParse(message);
    if (!cancel.success) throw invalid('A cancel message has "type" and "id" alone.', 'Send {"type": "cancel", "id": "..."}.');
    // An id that is unknown has just ended: its answer and the cancel crossed.
    this.#requests.get(cancel.data.id)?.cancel(new LlmiError('CANCELLED', { message: 'The request was cancelled.' }));
  }

  async #answer(id: MessageId, body: Record<string, unknown>): Promise<void> {
    const { engine, work: allWork } = this.gateway;
    if (this.#requests.has(id)) throw invalid(`A request ${id === undefined ? 'without an id' : `with the id "${id}"`} is still in work.`, 'Give each request an id of its own.', 'id');
    if (this.#requests.size >= maxRequests) throw new LlmiError('QUEUE_FULL', { message: `${maxRequests} requests are in work on this connection.`, hint: 'Wait for one of them to end.' });
    const { request } = readGenerateRequest(body, this.gateway.media.store);
    using work = allWork.begin();
    this.#requests.set(id, work);
    try {
      const { name } = await chooseModel(this.gateway, request.model);
      await relay(engine.generate(name, request, { signal: work.signal }), (event) => this.#send(id, eventJson(event)));
    } finally {
      this.#requests.delete(id);
    }
  }

  /** Resolves when the client has room for more; undefined when it has room now. */
  #send(id: MessageId, json: string): Promise<void> | undefined {
    const { socket } = this;
    if (socket.readyState !== socket.OPEN) return undefined;
    const text = id === undefined ? json : `{"id":${JSON.stringify(id)},${json.slice(1)}`;
    if (socket.bufferedAmount < highWaterBytes) {
      socket.send(text);
      return undefined;
    }
    return new Promise((resolve) => socket.send(text, () => resolve()));
  }
}

function invalid(message: string, hint: string, param?: string): LlmiError {
  return new LlmiError('INPUT_INVALID', { message, hint, param });
}
