import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { collect, generateResultSchema, isHandlerDefinition, matchManifest, modelInfoSchema, packageManifestSchema, type GenerateEvent, type GenerateRequest, type ModelInfoInput } from '@llmi/core';
import { blankImage, decodeImage, encodeImage } from '@llmi/media';
import { afterEach, describe, expect, it } from 'vitest';
import definition, { loadDiffusion, readPngMetadata, type DiffusionHandler, type DiffusionLoadOptions } from '../src/index.js';
import { safetyChecker, tinyFiles, writeFiles } from './tiny-diffusion.js';

const [folders, handlers]: [string[], DiffusionHandler[]] = [[], []];

function folderWith(changes: Record<string, string | Buffer | undefined> = {}, options?: Parameters<typeof tinyFiles>[0]): string {
  const folder = writeFiles({ ...tinyFiles(options), ...changes });
  folders.push(folder);
  return folder;
}

async function load(folder = folderWith(), options?: DiffusionLoadOptions): Promise<DiffusionHandler> {
  const handler = await loadDiffusion(folder, { threads: 1, ...options });
  handlers.push(handler);
  return handler;
}

afterEach(async () => {
  for (const handler of handlers.splice(0)) await handler[Symbol.asyncDispose]();
  folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true }));
});

const picture = async (width = 64, height = 64, value = 200) => Buffer.from(await encodeImage({ ...blankImage(width, height, 3), data: new Uint8Array(width * height * 3).fill(value) })).toString('base64');
const asked: GenerateRequest = { prompt: 'a lighthouse', numInferenceSteps: 3, seed: 5 };

/** What is seen: the file tells its seed too. */
const pixelsOf = async (handler: DiffusionHandler, request: GenerateRequest) => (await decodeImage(Buffer.from((await handler.generateImage(request)).image, 'base64'))).data;

async function eventsOf(handler: DiffusionHandler, request: GenerateRequest): Promise<GenerateEvent[]> {
  const events: GenerateEvent[] = [];
  for await (const event of handler.generateStream(request)) events.push(event);
  return events;
}

describe('a loaded model', () => {
  it('makes pictures, and says how', async () => {
    const handler = await load();
    const events = await eventsOf(handler, { ...asked, numImages: 2, width: 96 });
    expect(events.map((event) => (event.type === 'progress' ? `${event.stage} ${event.step}/${event.steps}` : event.type))).toEqual([
      'encode 0/1', 'encode 1/1', 'denoise 1/3', 'denoise 2/3', 'denoise 3/3', 'decode 1/2', 'decode 2/2', 'image', 'image', 'done',
    ]);
    const done = events.at(-1) as Extract<GenerateEvent, { type: 'done' }>;
    const result = generateResultSchema.parse(done.result);
    expect(result).toMatchObject({ type: 'image', seed: 5, metadata: { width: 96, height: 64, format: 'png', num_inference_steps: 3, guidance_scale: 7.5, scheduler: 'EulerDiscreteScheduler', prompt: 'a lighthouse' } });
    if (result.type !== 'image') throw new Error('no picture');
    expect(result.images).toHaveLength(2);
    expect(await decodeImage(Buffer.from(result.image, 'base64'))).toMatchObject({ width: 96, height: 64 });
    expect(readPngMetadata(Buffer.from(result.images[1]!, 'base64'))).toMatchObject({ prompt: 'a lighthouse', seed: 5, width: 96, num_inference_steps: 3, image_index: 1 });
    expect(Object.keys(done.timing!)).toEqual(['encode', 'denoise', 'decode']);
  });

  it('makes the same picture of the same seed, with parts kept or freed in turn', async () => {
    const folder = folderWith();
    const first = await (await load(folder)).generateImage(asked);
    const frugal = await load(folder, { memory: 'low' });
    expect((await frugal.generateImage(asked)).image).toBe(first.image);
    expect(await pixelsOf(frugal, { ...asked, seed: 6 })).not.toEqual(await pixelsOf(frugal, asked));
  });

  it('chooses a seed where none was given, and tells it', async () => {
    const handler = await load();
    const { seed, image } = await handler.generateImage({ ...asked, seed: undefined });
    expect((await handler.generateImage({ ...asked, seed })).image).toBe(image);
  });

  it('changes pictures, all of them or where a mask is white', async () => {
    const handler = await load();
    const image = await picture();
    const changed = await handler.generateImage({ ...asked, image, strength: 0.5 });
    expect(changed.metadata).toMatchObject({ width: 64, height: 64, strength: 0.5 });
    const white = await picture(64, 64, 255);
    const black = await picture(64, 64, 0);
    const kept = await decodeImage(Buffer.from((await handler.generateImage({ ...asked, image, maskImage: black })).image, 'base64'));
    const painted = await decodeImage(Buffer.from((await handler.generateImage({ ...asked, image, maskImage: white })).image, 'base64'));
    const spread = ({ data }: { data: Uint8Array }) => Math.max(...data) - Math.min(...data);
    expect(spread(kept)).toBeLessThan(spread(painted)); // what is kept has the noise of the posterior alone
  });

  it('enlarges pictures, where the model was made for it', async () => {
    const files = { 'model_index.json': '{"_class_name":"StableDiffusionUpscalePipeline"}', 'low_res_scheduler/scheduler_config.json': '{"_class_name":"DDPMScheduler"}' };
    const handler = await load(folderWith(files, { more: 3 }));
    expect(handler.getSupportedModes()).toEqual(['auto', 'upscale', 'weighted']);
    expect((await handler.generateImage({ ...asked, image: await picture(72, 64) })).metadata).toMatchObject({ width: 72 * 8, height: 64 * 8 });
    await expect(handler.generateImage(asked)).rejects.toMatchObject({ code: 'INPUT_INVALID', param: 'image' });
    await expect(load(folderWith({}, { more: 2 }))).rejects.toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED', message: expect.stringContaining('6 channels') as string });
  });

  it('starts from latents that it is given', async () => {
    const handler = await load();
    const latents = { data: Buffer.from(new Float32Array(4 * 8 * 8).buffer).toString('base64'), shape: [1, 4, 8, 8] };
    expect(await pixelsOf(handler, { ...asked, latents, seed: 99 })).toEqual(await pixelsOf(handler, { ...asked, latents }));
    expect(await pixelsOf(handler, asked)).not.toEqual(await pixelsOf(handler, { ...asked, latents }));
    await expect(handler.generateImage({ ...asked, latents: { ...latents, shape: [1, 4, 4, 16] } })).rejects.toMatchObject({ code: 'INPUT_INVALID', param: 'latents' });
  });

  it('blacks out what the safety checker of its repository objects to', async () => {
    const index = JSON.stringify({ _class_name: 'StableDiffusionPipeline', safety_checker: ['diffusers', 'OnnxRuntimeModel'] });
    const handler = await load(folderWith({ 'model_index.json': index, 'safety_checker/model.onnx': safetyChecker }));
    const flags: boolean[] = [];
    for (let seed = 0; seed < 8; seed++) {
      const { metadata, image } = await handler.generateImage({ ...asked, seed });
      const [flagged] = metadata.flagged as boolean[];
      const { data } = await decodeImage(Buffer.from(image, 'base64'));
      expect(data.every((byte) => byte === 0)).toBe(flagged);
      flags.push(flagged!);
    }
    expect(new Set(flags).size).toBe(2);
  });

  it('refuses bad requests by the field, and lives', async () => {
    const handler = await load();
    const image = await picture();
    const refuse = (request: object, code: string, param: string) => expect(handler.generateImage({ ...asked, ...request })).rejects.toMatchObject({ code, param });
    await refuse({ width: 100 }, 'INPUT_INVALID', 'width');
    await refuse({ numInferenceSteps: 0 }, 'INPUT_INVALID', 'numInferenceSteps'); // by the schema, in TypeScript's spelling
    await refuse({ strength: 0, image }, 'INPUT_INVALID', 'strength');
    await refuse({ strength: 0.1, image }, 'INPUT_INVALID', 'strength');
    await refuse({ image, maskImage: await picture(64, 72) }, 'INPUT_INVALID', 'mask_image');
    await refuse({ image: await picture(40, 64) }, 'INPUT_INVALID', 'image');
    await refuse({ image: 'http://169.254.169.254/' }, 'INPUT_INVALID', 'image');
    await refuse({ scheduler: 'Euler b' }, 'INPUT_INVALID', 'scheduler');
    await refuse({ scheduler: 'Flow Euler' }, 'INPUT_INVALID', 'scheduler');
    await refuse({ clipSkip: 2 }, 'MODEL_FORMAT_UNSUPPORTED', undefined as never);
    expect((await handler.generateImage({ ...asked, prompt: 'x'.repeat(100_000) })).images).toHaveLength(1);
  });

  it('stops at every stage', async () => {
    const handler = await load();
    const all = (await eventsOf(handler, asked)).length;
    for (let after = 1; after < all; after++) {
      const controller = new AbortController();
      const reason = new Error('enough');
      let seen = 0;
      const run = async () => {
        for await (const event of handler.generateStream(asked, { signal: controller.signal })) {
          if (++seen === after) controller.abort(reason);
          if (event.type === 'done') return;
        }
      };
      const isLast = after >= all - 2; // the picture is finished: what is left are the events that bring it
      await (isLast ? run() : expect(run()).rejects.toBe(reason));
    }
    expect((await handler.generateImage(asked)).images).toHaveLength(1);
  });

  it('says at which step a picture was lost', async () => {
    const handler = await load(folderWith({}, { factor: NaN }));
    await expect(handler.generateImage(asked)).rejects.toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED', message: expect.stringContaining('at step 1 of 3') as string });
  });

  it('can be disposed of twice, and says so when it is used after', async () => {
    const handler = await load();
    const model = await handler.loadModel(folders[0]!);
    await model[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
    await expect(collect(model.generate(asked))).rejects.toMatchObject({ code: 'MODEL_DISPOSED' });
  });
});

describe('loading', () => {
  it('names the part that is missing', async () => {
    await expect(load(folderWith({ 'unet/model.onnx': undefined }))).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING', message: expect.stringContaining('unet') as string });
    await expect(load(folderWith({ 'scheduler/scheduler_config.json': undefined }))).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
    await expect(load(folderWith({ 'model_index.json': undefined }))).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
    await expect(load(folderWith({ 'tokenizer/vocab.json': undefined })).then((handler) => handler.generateImage(asked))).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
  });

  it('explains what is not converted, and what it cannot run', async () => {
    const unconverted = { 'unet/model.onnx': undefined, 'unet/diffusion_pytorch_model.safetensors': 'x' };
    await expect(load(folderWith(unconverted))).rejects.toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED', hint: expect.stringContaining('optimum') as string });
    await expect(load(folderWith({ 'model_index.json': '{"_class_name":"WuerstchenPipeline"}' }))).rejects.toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED', message: 'There is no pipeline "WuerstchenPipeline".' });
    await expect(load(folderWith({ 'unet/model.onnx': Buffer.from('no graph') }))).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
    await expect(load(folderWith(), { dtype: 'q4' })).rejects.toMatchObject({ code: 'FILE_CHOICE_EMPTY' });
  });
});

describe('DiffusionHandler', () => {
  it('says what the model takes and gives', async () => {
    const handler = await load();
    expect(handler.getModelCapabilities()).toMatchObject({ supportsStreaming: true, inputModalities: ['text', 'image'], outputModalities: ['image'], tasks: ['text-to-image', 'image-to-image'] });
    expect(handler.getInferenceParams()).toEqual({ numInferenceSteps: 50, guidanceScale: 7.5, width: 64, height: 64 });
    expect(handler.modelFamily).toBe('stable-diffusion');
    expect(handler.getQuantizationOptions().map(({ name }) => name)).toEqual(['fp32']);
    expect(handler.validateInputs({ prompt: 'a', mode: 'weighted' })).toEqual({ ok: true });
    expect(handler.validateInputs({ prompt: 'a', topK: 3 })).toMatchObject({ ok: false, param: 'top_k' });
  });

  it('names what is wrong with the files', async () => {
    const folder = folderWith();
    const handler = await load(folder);
    expect(await handler.validateModelFiles(folder)).toEqual({ ok: true });
    rmSync(join(folder, 'vae_decoder', 'model.onnx'));
    expect(await handler.validateModelFiles(folder)).toMatchObject({ ok: false, error: 'vae_decoder/model.onnx is missing.' });
  });
});

describe('the manifest', () => {
  const { llmi } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { llmi: unknown };
  const [manifest] = packageManifestSchema.parse(llmi).handlers;
  const take = (facts: Partial<ModelInfoInput>) => matchManifest(manifest!, modelInfoSchema.parse({ id: 'org/model', source: 'hub', files: [], formats: ['onnx'], ...facts })).taken;

  it('has the name of the code', () => {
    expect(isHandlerDefinition(definition)).toBe(true);
    expect(manifest!.name).toBe(definition.name);
  });

  it('takes diffusers repositories in ONNX format, and nothing else', () => {
    expect(take({ pipelineClass: 'StableDiffusionXLImg2ImgPipeline' })).toBe(true);
    expect(take({ pipelineClass: 'ORTFluxPipeline' })).toBe(true);
    expect(take({ files: [{ path: 'model_index.json', sizeBytes: 1 }] })).toBe(true);
    expect(take({ pipelineClass: 'StableDiffusionPipeline', formats: ['safetensors'] })).toBe(false);
    expect(take({ modelType: 'llama', architectures: ['LlamaForCausalLM'] })).toBe(false);
  });
});
