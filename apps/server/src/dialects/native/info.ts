import type { FastifyInstance } from 'fastify';
import { modelCapabilitiesSchema, parseInput, toWire } from '@llmi/core';
import type { LoadedModelStatus, ModelDescription, ServedModel } from '@llmi/engine';
import { z } from 'zod';
import { StatusError } from '../../error-response.js';
import type { Gateway } from '../../gateway.js';
import { chooseModel, noModel } from '../../model-choice.js';
import { shuttingDown } from '../../work-in-progress.js';

const querySchema = z.strictObject({ model: z.string().optional() });
const modelQuery = { model: 'Name of the model; needed where several are served and none is the default.' };
const errors = [400, 404, 503];

/** What the server and its models are. */
export function infoRoutes(app: FastifyInstance, gateway: Gateway): void {
  const { engine, version } = gateway;

  app.get(
    '/health',
    { config: { isProbe: true, doc: { tag: 'server', summary: 'The server lives. Always 200.', reply: { schema: 'Health', description: 'It does.' }, errors: [] } } },
    async () => ({
      status: 'healthy',
      model_loaded: engine.loaded().some(({ state }) => state === 'ready'),
      timestamp: new Date().toISOString(),
      version,
    }),
  );

  app.get(
    '/ready',
    { config: { isProbe: true, doc: { tag: 'server', summary: 'Requests can be served.', reply: { schema: 'Ready', description: 'They can.' }, errors: [503] } } },
    async () => {
      if (gateway.work.draining) throw shuttingDown();
      await firstModel(gateway);
      return { status: 'ready' };
    },
  );

  app.get(
    '/info',
    { config: { doc: { tag: 'native', summary: 'One model: what it is, what it can do, where it runs.', query: modelQuery, reply: { schema: 'Info', description: 'The model.' }, errors } } },
    async ({ query }) => {
      const { served, description } = await describe(gateway, query);
      return { ...infoOf(served, description, statusOf(gateway, served)), versions: versionsOf(gateway, served) };
    },
  );

  app.get(
    '/capabilities',
    { config: { doc: { tag: 'native', summary: 'What a model takes and makes.', query: modelQuery, reply: { schema: 'Capabilities', description: 'Its capabilities.' }, errors } } },
    async ({ query }) => {
      const { description } = await describe(gateway, query);
      return {
        text_generation: description.capabilities.outputModalities.includes('text'),
        image_generation: description.capabilities.outputModalities.includes('image'),
        multimodal: description.capabilities.supportsMultimodal,
        modes: description.capabilities.supportedModes,
        ...capabilitiesOf(description),
      };
    },
  );
}

/** The server has a model to answer with: its default one, or any. @throws {StatusError} 503 */
async function firstModel({ engine, defaultModel }: Gateway): Promise<void> {
  if (defaultModel !== undefined) {
    await engine.find(defaultModel).catch((error: unknown) => {
      throw new StatusError(error, 503);
    });
  } else if ((await engine.models()).length === 0) throw new StatusError(noModel(), 503);
}

async function describe(gateway: Gateway, query: unknown): Promise<{ served: ServedModel; description: ModelDescription }> {
  const { model: asked } = parseInput(querySchema, query);
  if (asked === undefined) await firstModel(gateway);
  const served = await chooseModel(gateway, asked);
  return { served, description: await gateway.engine.describe(served.name) };
}

function statusOf({ engine }: Gateway, { name }: ServedModel): LoadedModelStatus | undefined {
  return engine.loaded().find((status) => status.name === name);
}

function infoOf({ name, installed }: ServedModel, description: ModelDescription, status: LoadedModelStatus | undefined): Record<string, unknown> {
  const { requirements, info } = installed;
  const loras = loraNames(installed.settings);
  return {
    model_id: name,
    model_type: requirements.modelType,
    model_family: requirements.modelFamily,
    revision: installed.revision ?? null,
    quantization: info.quantization ?? null,
    capabilities: capabilitiesOf(description),
    // Where a model runs is known once it runs.
    device: status?.info?.device ?? null,
    dtype: status?.info?.dtype ?? null,
    context_length: status?.info?.contextLength ?? null,
    stream_mode: description.capabilities.supportsStreaming,
    lora_loaded: status?.state === 'ready' && loras.length > 0,
    lora_path: loras[0] ?? null,
    loaded: status?.state === 'ready',
    memory: {
      model_bytes: status?.memoryBytes ?? null,
      server_bytes: process.memoryUsage.rss(),
      required_bytes: Math.round(requirements.memoryRequirements.recommended * 1e9),
    },
  };
}

/** File names of the adapters a model is loaded with: where they lie is nobody's business. */
function loraNames(settings: { loras?: { path: string }[] }): string[] {
  return (settings.loras ?? []).map(({ path }) => path.split(/[\\/]/).at(-1)!);
}

function versionsOf({ version }: Gateway, { installed }: ServedModel): Record<string, string> {
  return { llmi: version, node: process.versions.node, handler: `${installed.handler.name} ${installed.handler.version}` };
}

function capabilitiesOf({ capabilities, modes, tasks }: ModelDescription): Record<string, unknown> {
  return { ...(toWire(modelCapabilitiesSchema, capabilities) as object), tasks, mode_descriptions: modes };
}
