import { modelCapabilitiesSchema, type ModelCapabilities } from '@llmi/core';
import { z } from 'zod';
import type { RemoteEndpoint } from './endpoint.js';
import { llmiClient } from './llmi-answer.js';
import { remoteHandlerName } from './remote-engine.js';

/** What an engine says of one of its models. */
export interface RemoteModelFacts {
  /** What the engine calls it. */
  id: string;
  tasks: string[];
  contextLength?: number;
  /** As another llmi tells them. */
  capabilities?: ModelCapabilities;
}

export interface RemoteFacts {
  speaks: 'llmi' | 'openai';
  models: RemoteModelFacts[];
}

const probeMs = 5000;

/** Everything that OpenAI's API can be asked for: what is assumed of an engine that does not say. */
const everyTask = ['text-generation', 'feature-extraction', 'text-ranking', 'text-to-image', 'image-to-image', 'text-to-speech', 'automatic-speech-recognition'];
const tasksByPath: [path: string, task: string][] = [
  ['/v1/chat/completions', 'text-generation'],
  ['/v1/embeddings', 'feature-extraction'],
  ['/v1/rerank', 'text-ranking'],
  ['/v1/images/generations', 'text-to-image'],
  ['/v1/images/edits', 'image-to-image'],
  ['/v1/audio/speech', 'text-to-speech'],
  ['/v1/audio/transcriptions', 'automatic-speech-recognition'],
];

const healthSchema = z.object({ version: z.string(), model_loaded: z.boolean() });
const listSchema = z.object({
  data: z.array(
    z.object({
      id: z.string().min(1),
      max_model_len: z.number().nullish(), // vLLM, SGLang
      context_length: z.number().nullish(),
      meta: z.object({ n_ctx_train: z.number().nullish() }).nullish(), // llama-server
    }),
  ),
});
/** Source: https://huggingface.co/docs/text-embeddings-inference (GET /info) */
const embeddingInfoSchema = z.object({ model_id: z.string(), model_type: z.record(z.string(), z.unknown()), max_input_length: z.number().nullish() });
const documentSchema = z.object({ paths: z.record(z.string(), z.unknown()) });

/**
 * What kind of engine it is, which models it has, and what they do, as far as it says.
 * @throws {LlmiError} REMOTE_UNREACHABLE, REMOTE_FAILED
 */
export async function probe(endpoint: RemoteEndpoint): Promise<RemoteFacts> {
  const health = await read(endpoint, '/health', healthSchema);
  const facts: RemoteFacts = health ? { speaks: 'llmi', models: await llmiModels(endpoint) } : { speaks: 'openai', models: await openaiModels(endpoint) };
  const { model, task } = endpoint.engine;
  const wanted = model === undefined ? facts.models : facts.models.filter(({ id }) => id === model);
  const models = wanted.length === 0 && model !== undefined ? [{ id: model, tasks: everyTask }] : wanted; // an engine need not list every name it knows
  return { ...facts, models: task === undefined ? models : models.map((found) => ({ ...found, tasks: [task] })) };
}

async function llmiModels(endpoint: RemoteEndpoint): Promise<RemoteModelFacts[]> {
  const client = llmiClient(endpoint);
  const signal = AbortSignal.timeout(probeMs);
  const { models: all } = await client.models({ signal });
  // What that one has from yet others is not passed on, unless it is named: two that have each other would find no end.
  const models = all.filter(({ name, handler }) => handler !== remoteHandlerName || name === endpoint.engine.model);
  return Promise.all(
    models.map(async ({ name, task }) => {
      const capabilities = modelCapabilitiesSchema.safeParse(await client.capabilities(name, { signal }).catch(() => undefined)).data;
      const tasks = capabilities?.tasks ?? (task === null ? [] : [task]);
      return { id: name, tasks, ...(capabilities ? { capabilities } : {}), ...(capabilities?.maxContextLength === undefined ? {} : { contextLength: capabilities.maxContextLength }) };
    }),
  );
}

async function openaiModels(endpoint: RemoteEndpoint): Promise<RemoteModelFacts[]> {
  const info = await read(endpoint, '/info', embeddingInfoSchema);
  if (info) return [{ id: info.model_id, tasks: ['reranker' in info.model_type ? 'text-ranking' : 'feature-extraction'], ...(info.max_input_length ? { contextLength: info.max_input_length } : {}) }];
  const response = await endpoint.send('/v1/models', { method: 'GET', signal: AbortSignal.timeout(probeMs) });
  const { data = [] } = listSchema.safeParse(await response.json().catch(() => undefined)).data ?? {};
  const document = await read(endpoint, '/openapi.json', documentSchema);
  const told = tasksByPath.filter(([path]) => document && path in document.paths).map(([, task]) => task);
  const tasks = told.length > 0 ? told : everyTask;
  return data.map(({ id, max_model_len: length, context_length: context, meta }) => {
    const contextLength = length ?? context ?? meta?.n_ctx_train;
    return { id, tasks, ...(contextLength ? { contextLength } : {}) };
  });
}

/** A document of the engine, where it has one of this shape. @throws {LlmiError} REMOTE_UNREACHABLE */
async function read<Shape extends z.ZodType>(endpoint: RemoteEndpoint, path: string, schema: Shape): Promise<z.output<Shape> | undefined> {
  const response = await endpoint.fetch(`${endpoint.root}${path}`, { method: 'GET', signal: AbortSignal.timeout(probeMs) });
  const body = response.ok ? await response.json().catch(() => undefined) : void (await response.body?.cancel());
  return schema.safeParse(body).data;
}
