import { modelInfoSchema, type GenerateRequest } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { describeModel, modesOf, tasksOf } from './describe-model.js';
import { resolveRequest } from './resolve-request.js';

const modelOf = (pipelineClass: string, files: string[], json: Record<string, unknown> = {}) =>
  modelInfoSchema.parse({ id: 'org/model', source: 'hub', pipelineClass, files: files.map((path) => ({ path, sizeBytes: 1 })), json });
const picture = describeModel(modelOf('StableDiffusionPipeline', ['unet/model.onnx', 'vae_encoder/model.onnx'], { 'unet/config.json': { in_channels: 4, sample_size: 64 } }));
const inpaint = describeModel(modelOf('StableDiffusionInpaintPipeline', ['unet/model.onnx'], { 'unet/config.json': { in_channels: 9 } }));
const film = describeModel(modelOf('LTXPipeline', ['transformer/model.onnx']));
const flux = describeModel(modelOf('FluxPipeline', ['transformer/model.onnx']));
const resolve = (request: GenerateRequest, facts = picture) => resolveRequest(request, facts);
const refused = (code: string, param: string) => expect.objectContaining({ code, param }) as Error;

describe('describeModel', () => {
  it('tells what a model can do from its configurations', () => {
    expect(picture).toMatchObject({ modes: ['text-to-image', 'image-to-image', 'inpaint'], makesFilms: false, hasControlNet: false });
    expect(picture.defaults).toMatchObject({ width: 512, height: 512, numInferenceSteps: 50, guidanceScale: 7.5 });
    expect([Object.keys(modesOf(inpaint)), tasksOf(inpaint)]).toEqual([['auto', 'inpaint', 'weighted'], ['image-to-image']]);
    expect([film.makesFilms, tasksOf(film)]).toEqual([true, ['text-to-video']]);
  });

  it('names the nearest pipeline', () => {
    expect(() => describeModel(modelOf('StableDifusionPipelin', []))).toThrow(expect.objectContaining({ code: 'MODEL_FORMAT_UNSUPPORTED', hint: expect.stringMatching(/^The nearest is StableDiffusionPipeline/) as string }));
    expect(() => describeModel(modelOf('', []))).toThrow(expect.objectContaining({ code: 'MODEL_FORMAT_UNSUPPORTED' }));
  });

  it.each([
    ['stabilityai/sd-turbo', 1, 0],
    ['stabilityai/sdxl-turbo', 4, 0],
    ['org/dreamshaper', 50, 5],
  ])('knows how few steps %s takes', (id, steps, guidance) => {
    const { defaults } = describeModel({ ...modelOf('StableDiffusionXLPipeline', []), id });
    expect(defaults).toMatchObject({ numInferenceSteps: steps, guidanceScale: guidance });
  });
});

describe('resolveRequest', () => {
  it('passes on what a pipeline takes', () => {
    const latents = Float32Array.of(1, -2, 0.5, 4);
    const { pipeline, pictures, pictureFormat } = resolve({
      prompt: 'a', negativePrompt: 'b', numInferenceSteps: 3, seed: 7, numImages: 2, image: 'AAAA', outputFormat: 'webp', latents: { data: Buffer.from(latents.buffer).toString('base64'), shape: [1, 4] },
    });
    expect(pipeline).toMatchObject({ prompt: 'a', negativePrompt: 'b', numInferenceSteps: 3, seed: 7, numImagesPerPrompt: 2, latents: { data: latents, shape: [1, 4] }, weighting: false });
    expect([pictures.image, pictureFormat]).toEqual(['AAAA', 'webp']);
    expect(resolve({ prompt: 'a', mode: 'weighted' }).pipeline).toMatchObject({ weighting: true, longPrompts: true });
    expect(resolve({ prompt: 'a', numFrames: 9, fps: 12 }, film)).toMatchObject({ pipeline: { numFrames: 9, frameRate: 12 }, filmFormat: 'webp' });
  });

  it.each<[GenerateRequest, string, string, typeof picture?]>([
    [{}, 'INPUT_INVALID', 'prompt'],
    [{ prompt: 'a', temperature: 1 }, 'INPUT_UNSUPPORTED', 'temperature'],
    [{ prompt: 'a', numFrames: 8 }, 'INPUT_UNSUPPORTED', 'num_frames'],
    [{ prompt: 'a', maskImage: 'AAAA' }, 'INPUT_UNSUPPORTED', 'mask_image', film],
    [{ prompt: 'a', controlnetImage: 'AAAA' }, 'INPUT_UNSUPPORTED', 'controlnet_image'],
    [{ prompt: 'a', mode: 'inpaint', image: 'AAAA' }, 'INPUT_INVALID', 'mask_image'],
    [{ prompt: 'a', mode: 'image-to-image' }, 'INPUT_INVALID', 'image'],
    [{ prompt: 'a', task: 'text-to-image', image: 'AAAA' }, 'INPUT_INVALID', 'image'],
    [{ prompt: 'a', maskImage: 'AAAA' }, 'INPUT_INVALID', 'image'],
    [{ prompt: 'a', width: 72 }, 'INPUT_INVALID', 'width', flux],
    [{ prompt: 'a', strength: 0, image: 'AAAA' }, 'INPUT_INVALID', 'strength'],
    [{ prompt: 'a', loras: [{ name: 'x' }] }, 'INPUT_UNSUPPORTED', 'loras'],
    [{ prompt: 'a', mode: 'outpaint' }, 'MODE_UNSUPPORTED', 'mode'],
    [{ prompt: 'a', task: 'text-to-video' }, 'TASK_UNSUPPORTED', 'task'],
    [{ prompt: 'a', outputFormat: 'mp4' }, 'INPUT_INVALID', 'output_format'],
    [{ prompt: 'a', outputFormat: 'png' }, 'INPUT_INVALID', 'output_format', film],
    [{ prompt: 'a', latents: { data: 'AAAA', shape: [2] } }, 'INPUT_INVALID', 'latents'],
    [{ prompt: 'a', images: ['AAAA', 'BBBB'] }, 'INPUT_INVALID', 'images'],
  ])('refuses %j', (request, code, param, facts) => expect(() => resolve(request, facts)).toThrow(refused(code, param)));
});
