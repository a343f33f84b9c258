import type { FastifyInstance } from 'fastify';
import { parseInput } from '@llmi/core';
import type { Gateway } from '../../gateway.js';
import { findModel } from './find-model.js';
import { capabilitiesOf, detailsOf, knownCapabilities, listed, modelInfo } from './model-details.js';
import { showSchema } from './request-schemas.js';

/** The version of this API that is spoken here: what its clients ask for before they use a field. Source: https://github.com/ollama/ollama/releases */
const apiVersion = '0.12.0';

/** What there is, and what is in memory. */
export function modelRoutes(app: FastifyInstance, gateway: Gateway): void {
  const { engine } = gateway;

  app.get(
    '/api/version',
    { config: { doc: { tag: 'ollama', summary: 'The version of this API.', reply: { schema: 'OllamaVersion', description: 'The version.' }, errors: [] } } },
    async () => ({ version: apiVersion }),
  );

  app.get(
    '/api/tags',
    { config: { doc: { tag: 'ollama', summary: 'Every model that can be asked for.', reply: { schema: 'OllamaTags', description: 'The models.' }, errors: [] } } },
    async () => {
      const models = await engine.models();
      return { models: await Promise.all(models.map(async (served) => ({ ...listed(served), modified_at: modifiedAt(served.installed), capabilities: await knownCapabilities(engine, served.name) }))) };
    },
  );

  app.get(
    '/api/ps',
    { config: { doc: { tag: 'ollama', summary: 'The models in memory.', reply: { schema: 'OllamaRunning', description: 'The models.' }, errors: [] } } },
    async () => {
      const served = new Map((await engine.models()).map((model) => [model.name, model]));
      const running = engine.loaded().filter(({ name, state }) => state === 'ready' && served.has(name));
      return {
        models: running.map(({ name, memoryBytes, lastUsedAt, info }) => ({
          ...listed(served.get(name)!),
          size: memoryBytes ?? served.get(name)!.installed.sizeBytes,
          expires_at: new Date(Date.parse(lastUsedAt) + keepAliveMs(engine.settings.keepAliveMinutes)).toISOString(),
          size_vram: info && info.device !== 'cpu' ? (memoryBytes ?? 0) : 0,
          context_length: info?.contextLength ?? 0,
        })),
      };
    },
  );

  app.post(
    '/api/show',
    { config: { doc: { tag: 'ollama', summary: 'One model.', body: 'OllamaShowRequest', reply: { schema: 'OllamaShow', description: 'The model.' }, errors: [400, 404, 415] } } },
    async ({ body }) => {
      const { model, name } = parseInput(showSchema, body);
      const { name: served, installed } = await findModel(gateway, (model ?? name)!);
      const description = await engine.describe(served);
      return {
        license: installed.info.license ?? '',
        modelfile: `FROM ${installed.id}`,
        parameters: '',
        template: templateOf(installed.info),
        details: detailsOf(installed),
        model_info: modelInfo(installed, description),
        capabilities: capabilitiesOf(description),
        modified_at: modifiedAt(installed),
      };
    },
  );
}

/** A model that is kept for ever goes in a hundred years. */
const keepAliveMs = (minutes: number) => (minutes === 0 ? 100 * 365 * 24 * 60 : minutes) * 60_000;

const modifiedAt = ({ installedAt, updatedAt }: { installedAt: string; updatedAt?: string }) => new Date(updatedAt ?? installedAt).toISOString();

/** The chat template, in Jinja as the model brings it. */
function templateOf({ text, gguf, json }: { text: Record<string, string>; gguf?: { metadata: Record<string, unknown> }; json: Record<string, unknown> }): string {
  const inTokenizer = (json['tokenizer_config.json'] as { chat_template?: unknown } | undefined)?.chat_template;
  const found = text['chat_template.jinja'] ?? gguf?.metadata['tokenizer.chat_template'] ?? inTokenizer;
  return typeof found === 'string' ? found : '';
}
