import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LlmiError, parseInput, type GenerateRequest, type GenerateResult } from '@llmi/core';
import type { Gateway } from '../../../gateway.js';
import { checkMedia } from '../../../media-input.js';
import { mediaTypeOf } from '../../../media-type.js';
import { chooseModel } from '../../../model-choice.js';
import { readForm } from '../../../read-form.js';
import { relay } from '../../../relay.js';
import { streamReply } from '../../../stream-reply.js';
import { withoutUndefined } from '../../../without-undefined.js';
import { openaiErrorBody } from '../errors.js';
import { imageEditSchema, imageRequestSchema, imageVariationSchema, type ImageEdit, type ImageRequest, type ImageVariation } from './image-schemas.js';

const errors = [400, 404, 413, 415, 422, 429, 500, 503, 504, 507];
const reply = { schema: 'Images', description: 'The pictures, as addresses that work for an hour, or as base64.' } as const;

export function imageRoutes(app: FastifyInstance, gateway: Gateway): void {
  app.post(
    '/v1/images/generations',
    { config: { doc: { tag: 'openai', summary: 'Pictures from words.', body: 'ImageRequest', reply, stream: 'ImageEvent', errors } } },
    async (request, response) => {
      const asked = parseInput(imageRequestSchema, request.body);
      const mapped = { ...mapCommon(asked), prompt: asked.prompt };
      if (asked.stream) return streamImage(gateway, response, asked, mapped);
      return answer(gateway, request, response, asked, mapped);
    },
  );
  app.post(
    '/v1/images/edits',
    { config: { doc: { tag: 'openai', summary: 'A picture changed by words, all of it or where a mask is white.', body: 'ImageEdit', form: true, reply, errors } } },
    async (request, response) => {
      const asked = parseInput(imageEditSchema, await readForm(request, gateway.bodyLimitBytes));
      if (asked.mask && hasAlpha(asked.mask)) throw transparentMask();
      return answer(gateway, request, response, asked, withoutUndefined({ ...mapCommon(asked), prompt: asked.prompt, image: [asked.image].flat()[0], maskImage: asked.mask ?? undefined, strength: asked.strength ?? undefined }));
    },
  );
  app.post(
    '/v1/images/variations',
    { config: { doc: { tag: 'openai', summary: 'Pictures like a given one.', body: 'ImageVariation', form: true, reply, errors } } },
    async (request, response) => {
      const asked = parseInput(imageVariationSchema, await readForm(request, gateway.bodyLimitBytes));
      return answer(gateway, request, response, asked, withoutUndefined({ ...mapCommon(asked), prompt: '', image: [asked.image].flat()[0], strength: asked.strength ?? undefined }));
    },
  );
}

type Asked = ImageRequest | ImageEdit | ImageVariation;

function mapCommon({ n, size, output_format: outputFormat, negative_prompt: negativePrompt, seed, num_inference_steps: steps, guidance_scale: guidanceScale }: Asked): GenerateRequest {
  const [width, height] = size && size !== 'auto' ? size.split('x').map(Number) : [];
  return withoutUndefined({
    numImages: n ?? undefined,
    width,
    height,
    outputFormat: outputFormat ?? undefined,
    negativePrompt: negativePrompt ?? undefined,
    seed: seed ?? undefined,
    numInferenceSteps: steps ?? undefined,
    guidanceScale: guidanceScale ?? undefined,
  });
}

async function answer(gateway: Gateway, request: FastifyRequest, response: FastifyReply, asked: Asked, mapped: GenerateRequest): Promise<unknown> {
  checkMedia(mapped);
  const { name } = await chooseModel(gateway, asked.model ?? undefined);
  using work = gateway.work.beginReply(response.raw);
  const images = imagesOf((await gateway.engine.answer(name, mapped, { signal: work.signal })).result, name);
  const show = (image: string) => (asked.response_format === 'b64_json' ? { b64_json: image } : { url: gateway.media.addressOf(request, gateway.media.store.add(image)) });
  return { created: seconds(), data: images.map(show), output_format: formatOf(images[0]!) };
}

/** Previews while the work goes on, then the picture. */
async function streamImage(gateway: Gateway, response: FastifyReply, asked: ImageRequest, mapped: GenerateRequest): Promise<void> {
  const { name } = await chooseModel(gateway, asked.model ?? undefined);
  const size = asked.size ?? 'auto';
  await streamReply(gateway, response, {
    produce: async (send, signal) => {
      let previews = 0;
      const frame = (type: string, image: string, rest: object = {}) =>
        send(`event: ${type}\ndata: ${JSON.stringify({ type, b64_json: image, created_at: seconds(), output_format: formatOf(image), size, ...rest })}\n\n`);
      await relay(gateway.engine.generate(name, mapped, { signal }), (event) => {
        if (event.type === 'progress' && event.preview !== undefined && previews < (asked.partial_images ?? 0)) return frame('image_generation.partial_image', event.preview, { partial_image_index: previews++ });
        if (event.type === 'done') for (const image of imagesOf(event.result, name)) void frame('image_generation.completed', image);
        return undefined;
      });
    },
    errorFrame: (error) => `event: error\ndata: ${JSON.stringify({ type: 'error', ...openaiErrorBody(error, response.request.url) })}\n\n`,
  });
}

function imagesOf(result: GenerateResult, model: string): string[] {
  if (result.type === 'image') return result.images;
  throw new LlmiError('TASK_UNSUPPORTED', { message: `${model} answers with "${result.type}", not with pictures.`, hint: 'Use a model that makes pictures.', param: 'model' });
}

const seconds = () => Math.floor(Date.now() / 1000);
const formatOf = (image: string) => mediaTypeOf(Buffer.from(image.slice(0, 32), 'base64')).replace('image/', '');

/** Place of the colour type in a PNG, and the types with transparency. Source: https://www.w3.org/TR/png-3/#11IHDR */
const colourTypeAt = 25;
const transparentTypes = new Set([4, 6]);

function hasAlpha(dataUrl: string): boolean {
  const bytes = Buffer.from(dataUrl.slice(dataUrl.indexOf(',') + 1).slice(0, 64), 'base64');
  return mediaTypeOf(bytes) === 'image/png' && transparentTypes.has(bytes[colourTypeAt]!);
}

function transparentMask(): LlmiError {
  return new LlmiError('INPUT_UNSUPPORTED', {
    message: 'Masks of transparent places are not supported.',
    hint: 'Send a mask without an alpha channel, white where to paint and black where not.',
    param: 'mask_image',
  });
}
