import { LlmiError, toSnakeCase, type GenerateRequest } from '@llmi/core';
import { bytesOfBase64, decodeImage, type PixelImage } from '@llmi/media';
import { sizeOf, type Tensor } from './components/tensor.js';
import { modesOf, tasksOf, type ModelFacts } from './describe-model.js';
import { checkRequest } from './pipelines/check-request.js';
import type { PipelineRequest } from './pipelines/pipeline-request.js';

const pictureFormats = ['png', 'jpeg', 'webp'] as const;
/** The first is what is made where nothing was asked for: every browser shows it, and no other program is needed. */
const filmFormats = ['webp', 'gif', 'mp4'] as const;
type PictureFormat = (typeof pictureFormats)[number];
export type FilmFormat = (typeof filmFormats)[number];

/** A request with its pictures still encoded. */
export interface ResolvedRequest {
  pipeline: PipelineRequest;
  pictures: { image?: string; maskImage?: string; controlnetImage?: string };
  /** Of pictures, or of a film. */
  pictureFormat: PictureFormat;
  filmFormat: FilmFormat;
}

const always = ['model', 'mode', 'task', 'prompt', 'negativePrompt', 'numInferenceSteps', 'guidanceScale', 'width', 'height', 'scheduler', 'seed', 'latents', 'outputFormat', 'clipSkip'];
const pictureFields = ['numImages', 'strength', 'image', 'images', 'maskImage', 'controlnetImage'];
const filmFields = ['numFrames', 'fps'];

const invalid = (param: string, message: string, hint?: string) => new LlmiError('INPUT_INVALID', { message, hint, param });

/**
 * Checks a request against the model, as far as that goes without its graphs.
 * @throws {LlmiError} INPUT_INVALID, INPUT_UNSUPPORTED, MODE_UNSUPPORTED, TASK_UNSUPPORTED
 */
export function resolveRequest(request: GenerateRequest, facts: ModelFacts): ResolvedRequest {
  refuseOtherFields(request, facts);
  if (request.prompt === undefined) throw invalid('prompt', 'There is no prompt.', 'Say what the picture should show; "" leaves it to the model.');
  if (request.image !== undefined && request.images !== undefined) throw invalid('images', 'Both "image" and "images" are given.', 'Give one of the two.');
  if (request.images && request.images.length > 1) throw invalid('images', `${request.images.length} pictures were given.`, 'Give one.');
  const pictures = { image: request.image ?? request.images?.[0], maskImage: request.maskImage, controlnetImage: request.controlnetImage };
  if (pictures.maskImage !== undefined && pictures.image === undefined) throw invalid('image', 'There is a mask, and no picture that it belongs to.', 'Give "image" too.');
  checkMode(request, pictures, facts);
  if (pictures.controlnetImage !== undefined && !facts.hasControlNet) {
    throw new LlmiError('INPUT_UNSUPPORTED', { message: 'This model has no ControlNet.', hint: 'Leave out "controlnet_image", or use a repository with a folder controlnet.', param: 'controlnet_image' });
  }
  const isWeighted = request.mode === 'weighted';
  const pipeline: PipelineRequest = {
    prompt: request.prompt,
    negativePrompt: request.negativePrompt,
    numInferenceSteps: request.numInferenceSteps,
    guidanceScale: request.guidanceScale,
    width: request.width,
    height: request.height,
    scheduler: request.scheduler,
    numImagesPerPrompt: request.numImages,
    strength: request.strength,
    clipSkip: request.clipSkip,
    seed: request.seed,
    numFrames: request.numFrames,
    frameRate: request.fps,
    latents: readLatents(request.latents),
    weighting: isWeighted,
    longPrompts: isWeighted,
  };
  checkRequest(pipeline, facts.sizeMultiple);
  return { pipeline, pictures, ...readFormats(request, facts) };
}

/** The pictures of a request, decoded. @throws {LlmiError} UNSUPPORTED_MEDIA_TYPE, INPUT_INVALID, PAYLOAD_TOO_LARGE */
export async function withPictures({ pipeline, pictures }: ResolvedRequest, signal?: AbortSignal): Promise<PipelineRequest> {
  const decode = async (text: string | undefined, param: string): Promise<PixelImage | undefined> => (text === undefined ? undefined : decodeImage(bytesOfBase64(text, param), { param, signal }));
  const [image, maskImage, control] = [await decode(pictures.image, 'image'), await decode(pictures.maskImage, 'mask_image'), await decode(pictures.controlnetImage, 'controlnet_image')];
  return { ...pipeline, image, maskImage, ...(control ? { controlImages: [control] } : {}) };
}

function refuseOtherFields(request: GenerateRequest, { makesFilms }: ModelFacts): void {
  if (request.loras?.length) {
    throw new LlmiError('INPUT_UNSUPPORTED', { message: 'Adapters are part of a loaded model, not of a request.', hint: 'Load the model with them: loadModel(path, { loras: [{ path, scale }] }).', param: 'loras' });
  }
  const taken = [...always, ...(makesFilms ? filmFields : pictureFields)];
  const other = Object.entries(request).find(([name, value]) => value !== undefined && name !== 'loras' && !taken.includes(name));
  if (!other) return;
  const param = toSnakeCase(other[0]);
  throw new LlmiError('INPUT_UNSUPPORTED', {
    message: `A model that makes ${makesFilms ? 'films' : 'pictures'} has no use for "${param}".`,
    hint: `Leave it out; what counts here is: ${taken.slice(1).map(toSnakeCase).join(', ')}.`,
    param,
  });
}

function checkMode({ mode = 'auto', task }: GenerateRequest, { image, maskImage }: ResolvedRequest['pictures'], facts: ModelFacts): void {
  const modes = Object.keys(modesOf(facts));
  if (!modes.includes(mode)) throw new LlmiError('MODE_UNSUPPORTED', { message: `This model has no mode "${mode}".`, hint: `Use one of: ${modes.join(', ')}.`, param: 'mode' });
  const tasks = tasksOf(facts);
  if (task !== undefined && !tasks.includes(task)) throw new LlmiError('TASK_UNSUPPORTED', { message: `This model has no task "${task}".`, hint: `Use one of: ${tasks.join(', ')}.`, param: 'task' });
  const changesPicture = mode === 'image-to-image' || mode === 'inpaint' || mode === 'instruct' || mode === 'upscale' || task === 'image-to-image';
  if (changesPicture && image === undefined) throw invalid('image', `The mode ${task === 'image-to-image' ? task : mode} changes a picture, and none was given.`, 'Give "image".');
  if (mode === 'inpaint' && maskImage === undefined) throw invalid('mask_image', 'Inpainting needs to know where.', 'Give "mask_image", white where to paint.');
  if ((mode === 'text-to-image' || task === 'text-to-image') && image !== undefined) throw invalid('image', 'A picture was given for making one from words alone.', 'Leave out "image", or use the mode image-to-image.');
}

function readLatents(latents: GenerateRequest['latents']): Tensor | undefined {
  if (!latents) return undefined;
  const bytes = bytesOfBase64(latents.data, 'latents');
  const count = sizeOf(latents.shape);
  if (bytes.length !== count * Float32Array.BYTES_PER_ELEMENT) {
    throw invalid('latents', `The latents have ${bytes.length} bytes; float32 of the shape [${latents.shape.join(', ')}] takes ${count * Float32Array.BYTES_PER_ELEMENT}.`, 'Give base64 of little-endian float32 values.');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { data: Float32Array.from({ length: count }, (_, index) => view.getFloat32(index * Float32Array.BYTES_PER_ELEMENT, true)), shape: latents.shape };
}

function readFormats({ outputFormat }: GenerateRequest, { makesFilms }: ModelFacts): Pick<ResolvedRequest, 'pictureFormat' | 'filmFormat'> {
  const formats: readonly string[] = makesFilms ? filmFormats : pictureFormats;
  if (outputFormat !== undefined && !formats.includes(outputFormat)) {
    throw invalid('output_format', `A ${makesFilms ? 'film' : 'picture'} cannot be had as "${outputFormat}".`, `Use one of: ${formats.join(', ')}.`);
  }
  return { pictureFormat: pictureFormats.find((name) => name === outputFormat) ?? 'png', filmFormat: filmFormats.find((name) => name === outputFormat) ?? 'webp' };
}
