import type { FastifyInstance } from 'fastify';
import type { SchemaName } from './openapi-schemas.js';
import { wireSchemas } from './openapi-schemas.js';

/** What a route says of itself for `/openapi.json`. A route without it cannot be added. */
interface RouteDoc {
  tag: 'native' | 'openai' | 'ollama' | 'anthropic' | 'server';
  summary: string;
  /** The path as OpenAPI writes it, where it has parameters. */
  path?: string;
  query?: Record<string, string>;
  body?: SchemaName;
  /** The body may be a form with files instead of JSON. */
  form?: boolean;
  /** The plain reply; absent where there are only streams. */
  reply?: { status?: number; schema?: SchemaName; contentType?: string; description: string };
  /** One event of the streamed reply. */
  stream?: SchemaName;
  /** The streamed reply is lines of JSON, each like the plain one. */
  lines?: boolean;
  errors: readonly number[];
}

declare module 'fastify' {
  interface FastifyContextConfig {
    doc?: RouteDoc;
  }
}

interface DocumentedRoute {
  method: string;
  url: string;
  doc: RouteDoc;
}

const errorMeanings: Record<number, string> = {
  400: 'The request is not valid; "param" names the field.',
  401: 'The API key is missing or wrong.',
  403: 'The Host or Origin header is not allowed.',
  404: 'There is no such model.',
  413: 'The body is too large.',
  415: 'The body is not declared as JSON.',
  422: 'The model cannot do that; the hint says what it can.',
  429: 'The queue is full; Retry-After says when to try again.',
  500: 'A fault of the server.',
  503: 'No model, or it failed to load or crashed, or the server is closing.',
  504: 'The request took longer than the time it was given.',
  507: 'The model does not fit into memory.',
};

/** Gathers every route as it is added. @throws {Error} for one that does not describe itself */
export function collectRoutes(app: FastifyInstance): DocumentedRoute[] {
  const routes: DocumentedRoute[] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    for (const one of [method].flat()) {
      if (one === 'HEAD') continue; // comes along with each GET
      if (!config?.doc) throw new Error(`Route ${one} ${url} does not describe itself: give it config.doc.`);
      routes.push({ method: one, url, doc: config.doc });
    }
  });
  return routes;
}

/** The OpenAPI 3.1 document of the routes; its schemas are those that requests are checked with. */
export function openapiDocument(routes: readonly DocumentedRoute[], { version, hasKeys }: { version: string; hasKeys: boolean }): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, url, doc } of routes) {
    (paths[doc.path ?? url] ??= {})[method.toLowerCase()] = operation(method, url, doc);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'llmi',
      version,
      description: 'Any installed model over HTTP: the native API, and those of OpenAI, Ollama and Anthropic for existing clients.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'native', description: 'Every kind of model, in one request and answer.' },
      { name: 'openai', description: "OpenAI's API, for clients that speak it." },
      { name: 'ollama', description: "Ollama's API, for clients that speak it." },
      { name: 'anthropic', description: "Anthropic's API, for clients that speak it." },
      { name: 'server', description: 'The server itself.' },
    ],
    ...(hasKeys ? { security: [{ bearer: [] }, { apiKey: [] }] } : {}),
    paths,
    components: {
      schemas: wireSchemas(),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' } },
    },
  };
}

function operation(method: string, url: string, doc: RouteDoc): Record<string, unknown> {
  const name = (doc.path ?? url).replace(/[{}]/g, '').split('/').filter(Boolean).join('_');
  const parameters = [...parametersIn(doc.path ?? '', 'path'), ...Object.entries(doc.query ?? {}).map(([query, description]) => parameter(query, 'query', description))];
  return {
    operationId: `${method.toLowerCase()}_${name === '' ? 'page' : name.replace(/\W/g, '_')}`,
    tags: [doc.tag],
    summary: doc.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(doc.body ? { requestBody: { required: true, content: requestContent(doc.body, doc.form) } } : {}),
    responses: responses(doc),
  };
}

function requestContent(body: SchemaName, isForm = false): Record<string, unknown> {
  const content = { schema: reference(body) };
  return isForm ? { 'multipart/form-data': content, 'application/json': content } : { 'application/json': content };
}

/** The error of each dialect; the server's own routes speak as the native ones. */
const errorSchemas: Record<RouteDoc['tag'], SchemaName> = { native: 'Error', server: 'Error', openai: 'OpenaiError', ollama: 'OllamaError', anthropic: 'AnthropicError' };

function responses({ tag, reply, stream, lines, errors }: RouteDoc): Record<string, unknown> {
  const content: Record<string, unknown> = {};
  if (reply?.schema) content[reply.contentType ?? 'application/json'] = { schema: reference(reply.schema) };
  else if (reply?.contentType) content[reply.contentType] = { schema: { type: 'string' } };
  if (stream) content['text/event-stream'] = { schema: reference(stream) };
  if (lines && reply?.schema) content['application/x-ndjson'] = { schema: reference(reply.schema) };
  const failure = { 'application/json': { schema: reference(errorSchemas[tag]) } };
  return {
    [reply?.status ?? 200]: {
      description: reply?.description ?? 'Server-sent events, each with one JSON object of this schema.',
      ...(Object.keys(content).length > 0 ? { content } : {}),
    },
    ...Object.fromEntries(errors.map((status) => [status, { description: errorMeanings[status]!, content: failure }])),
  };
}

function parametersIn(path: string, place: 'path'): Record<string, unknown>[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => parameter(name!, place));
}

function parameter(name: string, place: 'path' | 'query', description?: string): Record<string, unknown> {
  return { name, in: place, required: place === 'path', ...(description ? { description } : {}), schema: { type: 'string' } };
}

function reference(name: SchemaName): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}
