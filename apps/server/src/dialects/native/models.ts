import type { FastifyInstance } from 'fastify';
import { parseInput } from '@llmi/core';
import type { LoadedModelStatus, ServedModel } from '@llmi/engine';
import { z } from 'zod';
import type { Gateway } from '../../gateway.js';
import { chooseModel } from '../../model-choice.js';

export const loadModelSchema = z.strictObject({
  model: z.string().min(1),
  /** Keeps it in memory, idle or not and whatever else needs the room, until it is unloaded; false ends that. */
  pinned: z.boolean().optional(),
});
export const unloadModelSchema = z.strictObject({
  model: z.string().min(1),
  /** Ends the work in progress instead of waiting for it. */
  force: z.boolean().optional(),
});

/** The models there are, and which of them are in memory. */
export function modelRoutes(app: FastifyInstance, gateway: Gateway): void {
  const { engine } = gateway;

  app.get(
    '/models',
    { config: { doc: { tag: 'native', summary: 'Every model that can be asked for.', reply: { schema: 'Models', description: 'The models.' }, errors: [] } } },
    async () => {
      const loaded = new Map(engine.loaded().map((status) => [status.name, status]));
      const models = await engine.models();
      return { models: models.map((model) => modelToWire(model, loaded.get(model.name))), default_model: gateway.defaultModel ?? null };
    },
  );

  app.post(
    '/models/load',
    {
      config: {
        scope: 'manage',
        doc: { tag: 'native', summary: 'Takes a model into memory, so that its first request need not wait.', body: 'LoadModel', reply: { schema: 'ModelStatus', description: 'It is in memory.' }, errors: [400, 403, 404, 415, 503, 507] },
      },
    },
    async ({ body }, reply) => {
      const { model, pinned } = parseInput(loadModelSchema, body);
      const { name } = await chooseModel(gateway, model);
      using work = gateway.work.beginReply(reply.raw);
      return { model: name, ...statusToWire(await engine.load(name, { signal: work.signal, pinned })) };
    },
  );

  app.post(
    '/models/unload',
    {
      config: {
        scope: 'manage',
        doc: { tag: 'native', summary: 'Takes a model out of memory, once its work in progress is done.', body: 'UnloadModel', reply: { schema: 'Unloaded', description: 'It is out of memory.' }, errors: [400, 403, 404, 415] },
      },
    },
    async ({ body }) => {
      const { model, force = false } = parseInput(unloadModelSchema, body);
      const { name } = await chooseModel(gateway, model);
      return { model: name, unloaded: await engine.unload(name, { force }) };
    },
  );
}

function modelToWire({ name, installed, temporary }: ServedModel, status: LoadedModelStatus | undefined): Record<string, unknown> {
  return {
    name,
    task: installed.info.pipelineTag ?? installed.tasks?.[0] ?? null,
    model_type: installed.requirements.modelType,
    model_family: installed.requirements.modelFamily,
    revision: installed.revision ?? null,
    quantization: installed.info.quantization ?? null,
    handler: installed.handler.name,
    handler_version: installed.handler.version,
    size_bytes: installed.sizeBytes,
    installed_at: installed.installedAt,
    temporary,
    ...(status ? statusToWire(status) : { loaded: false }),
  };
}

function statusToWire(status: LoadedModelStatus): Record<string, unknown> {
  return {
    loaded: status.state === 'ready',
    state: status.state,
    pinned: status.pinned,
    pid: status.pid ?? null,
    loaded_at: status.loadedAt,
    last_used_at: status.lastUsedAt,
    active: status.active,
    waiting: status.waiting,
    memory_bytes: status.memoryBytes ?? null,
    ...(status.replicas ? { replicas: status.replicas.map(({ pid, active, memoryBytes }) => ({ pid: pid ?? null, active, memory_bytes: memoryBytes ?? null })) } : {}),
    device: status.info?.device ?? null,
    context_length: status.info?.contextLength ?? null,
    parallel: status.info?.parallel ?? null,
  };
}
