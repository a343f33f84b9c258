import type { FastifyInstance } from 'fastify';
import type { ServedModel } from '@llmi/engine';
import type { Gateway } from '../../gateway.js';
import { chooseModel } from '../../model-choice.js';
import type { OpenaiModel } from './reply-schemas.js';

export function modelsRoutes(app: FastifyInstance, gateway: Gateway): void {
  app.get(
    '/v1/models',
    { config: { doc: { tag: 'openai', summary: 'Every model that can be asked for.', reply: { schema: 'OpenaiModels', description: 'The models.' }, errors: [] } } },
    async () => ({ object: 'list', data: (await gateway.engine.models()).map(toModel) }),
  );

  // Names contain slashes, which clients encode or not.
  app.get<{ Params: { '*': string } }>(
    '/v1/models/*',
    {
      config: {
        doc: { tag: 'openai', summary: 'One model.', path: '/v1/models/{model}', reply: { schema: 'OpenaiModel', description: 'The model.' }, errors: [404] },
      },
    },
    async ({ params }) => toModel(await chooseModel(gateway, params['*'])),
  );
}

function toModel({ name, installed }: ServedModel): OpenaiModel {
  return {
    id: name,
    object: 'model',
    created: Math.floor(Date.parse(installed.installedAt) / 1000),
    owned_by: name.includes('/') ? name.split('/')[0]! : 'llmi',
  };
}
