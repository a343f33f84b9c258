import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { LlmiError } from '@llmi/core';
import type { Gateway } from '../../../gateway.js';
import { audioRoutes } from './audio.js';
import { imageRoutes } from './images.js';
import { videoRoutes } from './videos.js';

/** Pictures, sound and film. Forms with files are taken here, and nowhere else. */
export async function mediaRoutes(app: FastifyInstance, gateway: Gateway): Promise<void> {
  await app.register(async (scope) => {
    await scope.register(multipart);
    imageRoutes(scope, gateway);
    audioRoutes(scope, gateway);
    videoRoutes(scope, gateway);
  });
  app.get<{ Params: { id: string } }>(
    '/media/:id',
    {
      config: {
        isUnguessable: true,
        doc: { tag: 'server', summary: 'A picture that was made within the last hour.', path: '/media/{id}', reply: { contentType: 'image/*', description: 'The picture.' }, errors: [404] },
      },
    },
    async ({ params }, reply) => {
      const medium = gateway.media.store.get(params.id);
      if (!medium) throw new LlmiError('NOT_FOUND', { message: 'There is no such medium, or it was made more than an hour ago.', hint: 'Ask for "response_format": "b64_json" to have pictures in the reply.' });
      return reply.type(medium.mediaType).send(medium.bytes);
    },
  );
}
