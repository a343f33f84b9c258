import type { FastifyInstance } from 'fastify';
import { LlmiError, parseInput } from '@llmi/core';
import type { Gateway } from '../../../gateway.js';
import { checkMedia } from '../../../media-input.js';
import { chooseModel } from '../../../model-choice.js';
import { ownerOf } from '../../../owner.js';
import { readForm } from '../../../read-form.js';
import { withoutUndefined } from '../../../without-undefined.js';
import { VideoJobs } from './video-jobs.js';
import { videoRequestSchema } from './video-schemas.js';

const one = '/v1/videos/{video_id}';
type ById = { Params: { id: string } };

export function videoRoutes(app: FastifyInstance, gateway: Gateway): void {
  const jobs = new VideoJobs(gateway);

  app.post(
    '/v1/videos',
    { config: { doc: { tag: 'openai', summary: 'Begins to make a film from words.', body: 'VideoRequest', form: true, reply: { schema: 'Video', description: 'The film in the making: ask for it until it is completed.' }, errors: [400, 404, 413, 415, 422, 429, 503] } } },
    async (request, reply) => {
      const asked = parseInput(videoRequestSchema, await readForm(request, gateway.bodyLimitBytes));
      const [width, height] = asked.size?.split('x').map(Number) ?? [];
      const { seconds, fps } = asked;
      if (seconds && !fps) throw new LlmiError('INPUT_INVALID', { message: '"seconds" needs "fps": models count frames.', hint: 'Send "fps" too, or leave "seconds" out for the usual length of the model.', param: 'fps' });
      const mapped = withoutUndefined({
        prompt: asked.prompt,
        width,
        height,
        fps: fps ?? undefined,
        numFrames: seconds && fps ? Math.max(1, Math.round(seconds * fps)) : undefined,
        image: asked.input_reference ?? undefined,
      });
      checkMedia(mapped);
      const { name } = await chooseModel(gateway, asked.model ?? undefined);
      await gateway.engine.validate(name, mapped);
      return jobs.start(ownerOf(reply, gateway), name, mapped, { size: asked.size ?? null, seconds: seconds ? String(seconds) : null });
    },
  );

  app.get('/v1/videos', { config: { doc: { tag: 'openai', summary: 'The films, newest first.', reply: { schema: 'Videos', description: 'The films.' }, errors: [] } } }, async (_request, reply) => {
    const data = jobs.list(ownerOf(reply, gateway));
    return { object: 'list', data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: false };
  });

  app.get<ById>('/v1/videos/:id', { config: { doc: { tag: 'openai', summary: 'How far a film is.', path: one, reply: { schema: 'Video', description: 'The film.' }, errors: [404] } } }, async ({ params }, reply) => jobs.get(ownerOf(reply, gateway), params.id).video);

  app.get<ById>(
    '/v1/videos/:id/content',
    { config: { doc: { tag: 'openai', summary: 'A finished film.', path: `${one}/content`, reply: { contentType: 'video/mp4', description: 'The film.' }, errors: [404] } } },
    async ({ params }, reply) => {
      const { video, mediumId } = jobs.get(ownerOf(reply, gateway), params.id);
      const medium = mediumId === undefined ? undefined : gateway.media.store.get(mediumId);
      if (!medium) throw new LlmiError('NOT_FOUND', { message: `The film is ${video.status === 'completed' ? 'no longer kept' : `not there: its status is "${video.status}"`}.`, hint: 'GET /v1/videos/{id} says when it is completed.' });
      return reply.type(medium.mediaType).send(medium.bytes);
    },
  );

  app.delete<ById>('/v1/videos/:id', { config: { doc: { tag: 'openai', summary: 'Deletes a film, or ends the work on it.', path: one, reply: { schema: 'VideoDeleted', description: 'It is gone.' }, errors: [404] } } }, async ({ params: { id } }, reply) => {
    jobs.delete(ownerOf(reply, gateway), id);
    return { id, object: 'video.deleted', deleted: true };
  });
}
