import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { parseInput } from '@llmi/core';
import { z } from 'zod';
import type { Gateway } from '../../gateway.js';
import { checkMedia } from '../../media-input.js';
import { readForm } from '../../read-form.js';

export const uploadSchema = z.strictObject({ file: z.string().min(1) });

/** A medium that several requests are about is sent once. */
export async function uploadRoute(app: FastifyInstance, gateway: Gateway): Promise<void> {
  await app.register(async (scope) => {
    await scope.register(multipart);
    scope.post(
      '/upload',
      {
        config: {
          doc: { tag: 'native', summary: 'Takes a picture, sound or film; requests name it by its id for an hour.', body: 'Upload', form: true, reply: { schema: 'Uploaded', description: 'It is here.' }, errors: [400, 413, 415] },
        },
      },
      async (request) => {
        const { file } = parseInput(uploadSchema, await readForm(request, gateway.bodyLimitBytes));
        checkMedia({ image: file });
        const id = gateway.media.store.add(file.slice(file.indexOf(',') + 1)); // base64 alone has no comma
        const { bytes, mediaType } = gateway.media.store.get(id)!;
        return { id, size: bytes.length, content_type: mediaType };
      },
    );
  });
}
