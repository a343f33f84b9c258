import { homedir } from 'node:os';
import websocket from '@fastify/websocket';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { LlmiError } from '@llmi/core';
import { messagesRoutes } from './dialects/anthropic/messages.js';
import { ollamaRoutes } from './dialects/ollama/routes.js';
import { batchRoutes } from './dialects/openai/batches/batches.js';
import { chatRoute } from './dialects/openai/chat.js';
import { completionsRoute } from './dialects/openai/completions.js';
import { embeddingsRoute } from './dialects/openai/embeddings.js';
import { mediaRoutes } from './dialects/openai/media/media-routes.js';
import { modelsRoutes } from './dialects/openai/models.js';
import { rerankRoutes } from './dialects/openai/rerank.js';
import { responsesRoutes } from './dialects/openai/responses/responses.js';
import { generateRoutes } from './dialects/native/generate.js';
import { infoRoutes } from './dialects/native/info.js';
import { modelRoutes } from './dialects/native/models.js';
import { uploadRoute } from './dialects/native/upload.js';
import { websocketRoute } from './dialects/native/websocket.js';
import { errorLogEntry, publicError, sendError } from './error-response.js';
import type { Gateway } from './gateway.js';
import { answerClientError } from './client-error.js';
import { makeMedia } from './media.js';
import { newId } from './new-id.js';
import { Metrics } from './observe/metrics.js';
import { metricsRoute } from './observe/metrics-route.js';
import { observedEngine } from './observe/observed-engine.js';
import { logFields, recordOf, serverTiming } from './observe/request-record.js';
import { endRequestTrace, traceRequest } from './observe/tracing.js';
import { collectRoutes, openapiDocument } from './openapi.js';
import { serverSettings, type ServerOptions, type ServerSettings } from './options.js';
import { pageRoute } from './page.js';
import { makeScrub, type Scrub } from './scrub.js';
import { Access } from './security/access.js';
import { guardRequests } from './security/hooks.js';
import { acceptJsonOnly, makeJsonParser, type JsonParser } from './security/json-body.js';
import { limitedEngine } from './security/limited-engine.js';
import { farewellMs, WorkInProgress } from './work-in-progress.js';

/** Milliseconds for the headers of a request, and for all of it: a slow body holds no connection for ever. */
const headersTimeoutMs = 15_000;
const requestTimeoutMs = 120_000;

/** Sockets at once: more are closed as they come, before they cost anything. */
const maxConnections = 10_000;

/**
 * The server without a socket: for `inject()`, or to listen with. Closing it lets requests in work end, for a while.
 * @throws {LlmiError} ADDRESS_NOT_ALLOWED, CONFIG_INVALID
 */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const settings = serverSettings(options);
  const { engine, version, defaultModel, bodyLimitBytes, log } = settings;
  const work = new WorkInProgress({ timeoutMs: settings.requestTimeoutMs });
  const app = fastify({
    logger: false,
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: headersTimeoutMs },
    forceCloseConnections: 'idle',
    return503OnClosing: false, // ours says so in its own words
    genReqId: () => newId('req_'),
    routerOptions: { maxParamLength: 500, ignoreTrailingSlash: true },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => void fail(error, request as FastifyRequest, reply as FastifyReply),
  });
  app.server.maxConnections = maxConnections;
  const routes = collectRoutes(app);
  const scrub = scrubFor(settings, (path) => routes.some(({ url }) => url === path));
  const metrics = new Metrics(engine, () => work.count);
  const access = new Access(settings.host, settings);
  const served = limitedEngine(observedEngine(engine, metrics));
  const gateway: Gateway = { engine: served, metrics, version, defaultModel, mayManage: settings.allowInstall, access, bodyLimitBytes, media: makeMedia(), work, scrub, log };
  const fail = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const told = publicError(error, scrub);
    recordOf(reply.raw).errorCode = told.code;
    metrics.error(told.code);
    log(errorLogEntry(error, told, request.id));
    return sendError(reply, told);
  };

  // Before the guards: it is this plugin that closes the connection of an upgrade which they refuse.
  await app.register(websocket, {
    options: { maxPayload: bodyLimitBytes },
    preClose: function (this: FastifyInstance, done: () => void) {
      void drainSockets(this, work, settings.drainMs).then(done);
    },
  });
  observeRequests(app, gateway);
  guardRequests(app, access);
  const parse = makeJsonParser(app);
  acceptJsonOnly(app, parse);
  app.setErrorHandler(fail);
  app.setNotFoundHandler((request, reply) => {
    throw notFound(request, reply, routes);
  });

  await pageRoute(app);
  await addRoutes(app, gateway, parse);
  app.get('/openapi.json', { config: { doc: { tag: 'server', summary: 'This document.', reply: { contentType: 'application/json', description: 'OpenAPI 3.1.' }, errors: [] } } }, async () => openapiDocument(routes, { version, hasKeys: !access.keys.isEmpty }));
  return app;
}

/** What a request took: told to the client before the body, to the log and the metrics when all is sent. */
function observeRequests(app: FastifyInstance, { metrics, log }: Gateway): void {
  app.addHook('onRequest', async ({ method, routeOptions, headers }, reply) => {
    recordOf(reply.raw).trace = traceRequest(method, routeOptions.url, headers);
  });
  app.addHook('onSend', async (_request, reply) => {
    const timing = serverTiming(recordOf(reply.raw));
    if (timing !== undefined) void reply.header('server-timing', timing);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { statusCode, elapsedTime } = reply;
    endRequestTrace(recordOf(reply.raw).trace, statusCode, recordOf(reply.raw).errorCode);
    metrics.http(request.method, request.routeOptions.url ?? 'unknown', statusCode, elapsedTime / 1000);
    const fields = { request_id: request.id, method: request.method, path: request.url.split('?')[0], status: statusCode, ms: Math.round(elapsedTime) };
    log({ level: 'debug', message: 'request', ...fields, ...logFields(recordOf(reply.raw)) });
  });
}

/** Every dialect, over the same engine. */
async function addRoutes(app: FastifyInstance, gateway: Gateway, parse: JsonParser): Promise<void> {
  metricsRoute(app, gateway.metrics);
  infoRoutes(app, gateway);
  modelRoutes(app, gateway);
  generateRoutes(app, gateway);
  await uploadRoute(app, gateway);
  websocketRoute(app, gateway, parse);
  modelsRoutes(app, gateway);
  chatRoute(app, gateway);
  completionsRoute(app, gateway);
  embeddingsRoute(app, gateway);
  responsesRoutes(app, gateway);
  rerankRoutes(app, gateway);
  await mediaRoutes(app, gateway);
  await batchRoutes(app, gateway);
  messagesRoutes(app, gateway);
  ollamaRoutes(app, gateway);
}

/** The folders whose names a reply must not tell. */
function scrubFor({ engine }: ServerSettings, isRoute: (path: string) => boolean): Scrub {
  const { home, hub, projectDir, installationDir } = engine.settings;
  return makeScrub([home, hub.cacheDir, projectDir ?? '', installationDir ?? '', homedir()], isRoute);
}

/** Work ends, WebSockets close; what is left are idle connections, and those that do not take the hint. */
async function drainSockets(app: FastifyInstance, work: WorkInProgress, drainMs: number): Promise<void> {
  await work.drain(drainMs);
  for (const socket of app.websocketServer.clients) socket.close(1001, 'The server is shutting down.');
  app.websocketServer.close();
  const late = setTimeout(() => {
    for (const socket of app.websocketServer.clients) socket.terminate();
    app.server.closeAllConnections();
  }, farewellMs);
  app.server.once('close', () => clearTimeout(late));
}

/** An unknown path, or a known one with another method. */
function notFound(request: FastifyRequest, reply: FastifyReply, routes: readonly { method: string; url: string }[]): LlmiError {
  const path = request.url.split('?')[0]!.replace(/(?<=.)\/$/, '');
  const methods = routes.filter(({ url }) => url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)))).map(({ method }) => method);
  if (methods.length === 0) return new LlmiError('NOT_FOUND', { message: `There is nothing at ${path}.`, hint: 'GET /openapi.json lists every route.' });
  void reply.header('allow', methods.join(', '));
  return new LlmiError('METHOD_NOT_ALLOWED', { message: `${path} does not take ${request.method}.`, hint: `Use ${methods.join(' or ')}.` });
}
