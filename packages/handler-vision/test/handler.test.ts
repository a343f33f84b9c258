import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect, generateResultSchema, matchManifest, modelInfoSchema, modelRequirementsSchema, packageManifestSchema, type GenerateEvent, type ModelInfoInput, type ResultOf } from '@llmi/core';
import { encodeImage, type PixelImage } from '@llmi/media';
import { afterEach, describe, expect, it } from 'vitest';
import definition, { loadVision, VisionHandler } from '../src/index.js';
import { readModelFolder } from '@llmi/runtime-onnx';
import { folderLayout } from '../src/folder-layout.js';
import { tinyImageClassifier, writeModel, type ModelFiles } from '@llmi/handler-testkit/models';
import { colourGraph } from '@llmi/handler-testkit/onnx';

const folders: string[] = [];
const handlers: VisionHandler[] = [];

function folderWith(changes: Record<string, string | Buffer | undefined> = {}): string {
  const files = Object.fromEntries(Object.entries({ ...tinyImageClassifier().files, ...changes }).filter(([, content]) => content !== undefined)) as ModelFiles;
  const { path } = writeModel({ files });
  folders.push(path);
  return path;
}

async function loaded(changes?: Record<string, string | Buffer | undefined>): Promise<VisionHandler> {
  const handler = await loadVision(folderWith(changes), { threads: 1 });
  handlers.push(handler);
  return handler;
}

const unloaded = async (changes?: Record<string, string | Buffer | undefined>) => new VisionHandler(await readModelFolder(folderWith(changes), folderLayout));

afterEach(async () => {
  for (const handler of handlers.splice(0)) await handler[Symbol.asyncDispose]();
  folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true }));
});

/** A picture of one colour, as a request carries it. */
async function picture(red: number, green: number, blue: number, width = 9, height = 7): Promise<string> {
  const image: PixelImage = { width, height, channels: 3, data: Uint8Array.from({ length: width * height * 3 }, (_, at) => [red, green, blue][at % 3]!) };
  return Buffer.from(await encodeImage(image)).toString('base64');
}

describe('a loaded model', () => {
  it('says what it sees', async () => {
    const handler = await loaded();
    const result = (await handler.processImage({ image: await picture(255, 0, 0) })) as ResultOf<'classification'>;
    expect(generateResultSchema.parse(result)).toEqual(result);
    expect(result.labels.map(({ label }) => label)).toEqual(['red', 'green', 'blue']);
    expect(result.labels[0]!.score).toBeCloseTo(1, 6);
    expect(((await handler.processImage({ image: await picture(0, 200, 255), topK: 2 })) as ResultOf<'classification'>).labels).toHaveLength(2);
    expect(((await handler.processImage({ image: await picture(0, 200, 255), threshold: 0.5 })) as ResultOf<'classification'>).labels.map(({ label }) => label)).toEqual(['blue']);
  });

  it('answers about many pictures in their order, and the same as about each alone', async () => {
    const handler = await loaded();
    const shades = Array.from({ length: 19 }, (_, index) => [index * 13, 255 - index * 13, 120] as const);
    const images = await Promise.all(shades.map((shade, index) => picture(...shade, 5 + index, 9)));
    const events: GenerateEvent[] = [];
    for await (const event of handler.generateStream({ images })) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(['progress', 'progress', 'progress', 'done']);
    const { labels, results } = (await collect(handler.generateStream({ images }))) as ResultOf<'classification'>;
    expect(results).toHaveLength(19);
    expect(results![0]!.labels).toEqual(labels);
    for (const [index, image] of images.entries()) expect(results![index]).toEqual({ labels: ((await handler.processImage({ images: [image] })) as ResultOf<'classification'>).labels });
  });

  it('feeds graphs of a fixed batch and size', async () => {
    const images = [await picture(255, 0, 0), await picture(0, 0, 255), await picture(0, 255, 0)];
    for (const batch of [1, 4]) {
      const handler = await loaded({ 'onnx/model.onnx': colourGraph({ batch, side: 8 }) });
      const { results } = (await handler.processImage({ images })) as ResultOf<'classification'>;
      expect(results!.map(({ labels }) => labels[0]!.label)).toEqual(['red', 'blue', 'green']);
    }
  });

  it('works with a graph alone, and names of classes beside it', async () => {
    const files = { 'config.json': undefined, 'preprocessor_config.json': undefined, 'onnx/model.onnx': undefined, 'colours.onnx': colourGraph({ side: 8 }), 'labels.txt': 'rot\ngrün\nblau\n' };
    const handler = await loaded(files);
    expect(((await handler.processImage({ image: await picture(0, 255, 0) })) as ResultOf<'classification'>).labels[0]!.label).toBe('grün');
    expect(Object.keys(handler.getInstallationNotes())).toEqual(['preprocessing']);
  });

  it('refuses bad pictures, names the field, and lives', async () => {
    const handler = await loaded();
    const good = await picture(255, 0, 0);
    const refuse = (request: object, code: string, param: string) => expect(handler.processImage(request)).rejects.toMatchObject({ code, param });
    const encode = (text: string) => Buffer.from(text).toString('base64');
    await refuse({ images: [good, encode('<svg xmlns="http://www.w3.org/2000/svg"/>')] }, 'UNSUPPORTED_MEDIA_TYPE', 'images[1]');
    await refuse({ images: [good.slice(0, 40)] }, 'INPUT_INVALID', 'images[0]');
    await refuse({ image: 'http://169.254.169.254/latest' }, 'INPUT_INVALID', 'image');
    await refuse({ image: 'file:///etc/passwd' }, 'INPUT_INVALID', 'image');
    await refuse({}, 'INPUT_INVALID', 'images');
    await refuse({ image: good, images: [good] }, 'INPUT_INVALID', 'images');
    await refuse({ image: good, temperature: 1 }, 'INPUT_UNSUPPORTED', 'temperature');
    await refuse({ image: good, labels: ['a'] }, 'INPUT_UNSUPPORTED', 'labels');
    await refuse({ image: good, task: 'depth-estimation' }, 'TASK_UNSUPPORTED', 'task');
    await refuse({ image: good, mode: 'panoptic' }, 'MODE_UNSUPPORTED', 'mode');
    expect(await handler.processImage({ image: good })).toMatchObject({ type: 'classification' });
  });

  it('stops between batches', async () => {
    const handler = await loaded();
    const images = Array<string>(24).fill(await picture(1, 2, 3));
    const controller = new AbortController();
    const reason = new Error('enough');
    const events: string[] = [];
    const run = async () => {
      for await (const { type } of handler.generateStream({ images }, { signal: controller.signal })) {
        events.push(type);
        controller.abort(reason);
      }
    };
    await expect(run()).rejects.toBe(reason);
    expect(events).toEqual(['progress']);
  });

  it('can be disposed of twice, and says so when it is used after', async () => {
    const handler = await unloaded();
    const model = await handler.loadModel(folderWith(), { threads: 1 });
    await model[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
    await expect(collect(model.generate({ image: await picture(0, 0, 0) }))).rejects.toMatchObject({ code: 'MODEL_DISPOSED' });
  });
});

describe('VisionHandler', () => {
  it('says what the model takes and gives', async () => {
    expect((await unloaded()).getModelCapabilities()).toMatchObject({ inputModalities: ['image'], outputModalities: ['label'], tasks: ['image-classification'], supportedModes: ['auto'] });
    const clip = await unloaded({ 'config.json': JSON.stringify({ model_type: 'clip', architectures: ['CLIPModel'], projection_dim: 32 }) });
    expect(clip.getModelCapabilities()).toMatchObject({ inputModalities: ['image', 'text'], tasks: ['zero-shot-image-classification', 'image-feature-extraction'], embeddingDimensions: 32 });
    const masks = await unloaded({ 'config.json': JSON.stringify({ model_type: 'mask2former', architectures: ['Mask2FormerForUniversalSegmentation'] }) });
    expect(masks.getSupportedModes()).toEqual(['auto', 'panoptic', 'instance', 'semantic']);
  });

  it('derives its requirements, each figure with its arithmetic', async () => {
    const requirements = await (await unloaded()).analyze();
    expect(modelRequirementsSchema.parse(requirements)).toEqual(requirements);
    // 8 pictures of 2 x 2 patches and the class token; hidden 4, feed-forward 8, one head
    expect(requirements.memoryParts.find(({ name }) => name === 'activations')?.bytes).toBe(8 * 5 * (4 * 4 + 2 * 8) * 4);
    expect(requirements).toMatchObject({ quantization: 'fp32', primaryLibrary: 'onnxruntime-node' });
    expect(requirements.memoryRequirements.min).toBeLessThanOrEqual(requirements.memoryRequirements.recommended);
  });

  it('checks a request before the model is loaded', async () => {
    const handler = await unloaded();
    expect(handler.validateInputs({ images: ['AAAA'] })).toEqual({ ok: true });
    expect(handler.validateInputs({ images: ['AAAA'], voice: 'x' })).toMatchObject({ ok: false, param: 'voice' });
    expect(handler.validateInputs({ prompt: 'hello' })).toMatchObject({ ok: false, param: 'prompt' });
    expect(handler.validateInputs({ images: [] })).toMatchObject({ ok: false, param: 'images' });
  });

  it('names what is wrong with the files', async () => {
    const folder = folderWith();
    const handler = new VisionHandler(await readModelFolder(folder, folderLayout));
    expect(await handler.validateModelFiles(folder)).toEqual({ ok: true });
    writeFileSync(join(folder, 'onnx', 'model.onnx'), colourGraph().subarray(0, 50));
    expect(await handler.validateModelFiles(folder)).toMatchObject({ ok: false, error: expect.stringContaining('onnx/model.onnx has 50 bytes') as string });
  });

  it('chooses among files by their type', async () => {
    const handler = await unloaded({ 'onnx/model_quantized.onnx': colourGraph() });
    expect(handler.getQuantizationOptions().map(({ name }) => name).sort()).toEqual(['fp32', 'q8']);
    const model = await handler.loadModel(folderWith({ 'onnx/model_quantized.onnx': colourGraph() }), { dtype: 'q8', threads: 1 });
    expect(model.info.dtype).toBe('q8');
    await model[Symbol.asyncDispose]();
    await expect(handler.loadModel(folderWith(), { dtype: 'q4' })).rejects.toMatchObject({ code: 'FILE_CHOICE_EMPTY' });
  });

  it('has defaults for asking and for training', async () => {
    const handler = await unloaded();
    expect(handler.getInferenceParams()).toEqual({ topK: 5 });
    expect(handler.getTrainingParams()).toMatchObject({ method: 'full', batchSize: 32 });
    expect(handler.getOptimalDevice()).toBe('cpu');
    expect(handler.getDependencies()).toEqual([]);
  });
});

describe('the manifest', () => {
  const { llmi } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { llmi: unknown };
  const [manifest] = packageManifestSchema.parse(llmi).handlers;
  const take = (facts: Partial<ModelInfoInput>) => matchManifest(manifest!, modelInfoSchema.parse({ id: 'org/model', source: 'hub', files: [], formats: ['onnx'], ...facts })).taken;

  it('has the name of the code', () => expect(manifest!.name).toBe(definition.name));

  it('takes models that see', () => {
    expect(take({ architectures: ['ConvNextV2ForImageClassification'] })).toBe(true);
    expect(take({ architectures: ['RTDetrForObjectDetection'] })).toBe(true);
    expect(take({ modelType: 'siglip', architectures: ['SiglipModel'] })).toBe(true);
    expect(take({ pipelineTag: 'depth-estimation' })).toBe(true);
  });

  it('takes nothing else', () => {
    expect(take({ architectures: ['BertForSequenceClassification'] })).toBe(false);
    expect(take({ architectures: ['LlavaForConditionalGeneration'], pipelineTag: 'image-text-to-text' })).toBe(false);
    expect(take({ architectures: ['VisionEncoderDecoderModel'], pipelineTag: 'image-to-text' })).toBe(false);
    expect(take({ files: [{ path: 'model_index.json', sizeBytes: 1 }], pipelineTag: 'image-to-image' })).toBe(false);
    expect(take({ architectures: ['ViTForImageClassification'], formats: ['safetensors'] })).toBe(false);
  });
});
