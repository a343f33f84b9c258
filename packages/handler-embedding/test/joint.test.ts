import { rmSync } from 'node:fs';
import { encodeImage } from '@llmi/media';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadJointEmbedder } from '../src/index.js';
import { tinyClip } from './tiny-kinds.js';
import { writeFiles } from './tiny-model.js';

function tiny(changes: Record<string, unknown> = {}): string {
  const folder = writeFiles(Object.fromEntries(Object.entries({ ...tinyClip(), ...changes }).filter(([, content]) => content !== undefined)));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const load = (changes?: Record<string, unknown>) => loadJointEmbedder(tiny(changes), { threads: 1 });
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error);

/** A picture of one colour, as base64. */
async function picture(red: number, green: number, blue: number, width = 4, height = 4): Promise<string> {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, index) => [red, green, blue][index % 3]!);
  return Buffer.from(await encodeImage({ width, height, channels: 3, data })).toString('base64');
}

const round = (vectors: number[][]) => vectors.map((vector) => vector.map((value) => Math.round(value * 1e5) / 1e5));

describe('a model of texts and pictures', () => {
  it('gives vectors of texts, then of pictures, each in their order', async () => {
    await using model = await load();
    const images = [await picture(255, 0, 0), await picture(0, 0, 255, 9, 5)];
    const { embeddings, dimensions, usage } = await model.embedMultimodal({ texts: ['world world', 'hello world'], images });
    expect(round(embeddings)).toEqual([[0, 1, 0], [0.6, 0.8, 0], [1, 0, 0], [0, 0, 1]]);
    expect({ dimensions, tokens: usage.promptTokens }).toEqual({ dimensions: 3, tokens: 8 });
  });

  it('leaves vectors at their length when asked to, and packs them', async () => {
    await using model = await load();
    const image = await picture(255, 0, 51);
    expect(round((await model.embedImage({ image, normalize: false })).embeddings)).toEqual([[4, 0, 0.8]]); // four pixels
    expect((await model.embedText({ prompt: 'hello', precision: 'ubinary' })).embeddings).toEqual([[0b1000_0000]]);
    expect(await model.embedText({ texts: ['hello'], dimensions: 2 })).toMatchObject({ embeddings: [[1, 0]], dimensions: 2 });
  });

  it('fills texts up to the last position where the model was trained so', async () => {
    const siglip = { model_type: 'siglip', architectures: ['SiglipModel'], text_config: { max_position_embeddings: 6 }, vision_config: { hidden_size: 3 } };
    await using model = await load({ 'config.json': siglip });
    expect((await model.embedText({ texts: ['hello'], normalize: false })).embeddings).toEqual([[3, 0, 3]]); // three of padding
  });

  it('says what was cut, and refuses it when asked to', async () => {
    await using model = await load();
    const long = 'hello '.repeat(20);
    expect(await model.embedText({ texts: ['world', long], normalize: false })).toMatchObject({ truncated: [1], embeddings: [[0, 4, expect.anything()], [12, 0, 0]] });
    expect(await failure(model.embedText({ texts: [long], truncate: false }))).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED', param: 'texts[0]' });
  });

  it('names the picture that is none, is broken, or is an address', async () => {
    await using model = await load();
    const good = await picture(1, 2, 3);
    const broken = Buffer.from(good, 'base64').subarray(0, 50).toString('base64');
    const errorOf = (image: string) => failure(model.embedImage({ images: [good, image] }));
    expect(await errorOf('not base64!')).toMatchObject({ code: 'INPUT_INVALID', param: 'images[1]' });
    expect(await errorOf(Buffer.from('some text').toString('base64'))).toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE', param: 'images[1]' });
    expect(await errorOf(broken)).toMatchObject({ code: 'INPUT_INVALID', param: 'images[1]' });
    expect(await errorOf('https://example.com/x.png')).toMatchObject({ code: 'INPUT_INVALID', hint: expect.stringContaining('base64') });
  });

  it('refuses what it has no use for, and nothing at all', async () => {
    await using model = await load();
    expect(await failure(model.embedText({}))).toMatchObject({ code: 'INPUT_INVALID', param: 'texts' });
    expect(await failure(model.embedText({ texts: ['hello'], pooling: 'mean' }))).toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'pooling' });
    expect(model.validateInputs({ texts: ['hello'], mode: 'chat' })).toMatchObject({ ok: false, param: 'mode' });
  });

  it('works with one tower alone, and says what the other would be for', async () => {
    await using model = await load({ 'onnx/vision_model.onnx': undefined, 'preprocessor_config.json': undefined });
    expect(model.getModelCapabilities()).toMatchObject({ inputModalities: ['text'], supportsMultimodal: false });
    expect(model.getDependencies()).toEqual([]);
    expect(await failure(model.embedImage({ images: [await picture(1, 2, 3)] }))).toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'images' });
  });

  it('says what it is and needs', async () => {
    await using model = await load();
    expect(model.getModelCapabilities()).toMatchObject({ inputModalities: ['text', 'image'], supportsMultimodal: true, embeddingDimensions: 3, maxContextLength: 6 });
    expect(model.getDependencies().map(({ name }) => name)).toEqual(['@llmi/media']);
    expect((await model.analyze()).memoryParts.map(({ name }) => name)).toEqual(['runtime', 'pictures', 'tokenizer', 'weights', 'weights', 'activations']);
    expect(model.getQuantizationOptions()).toMatchObject([{ name: 'fp32', files: ['onnx/text_model.onnx', 'onnx/vision_model.onnx'] }]);
  });

  it('wants to know how pictures are prepared', async () => {
    expect(await failure(load({ 'preprocessor_config.json': undefined }))).toMatchObject({ code: 'MODEL_FILE_MISSING' });
    expect(await failure(load({ 'preprocessor_config.json': { image_mean: 'grey' } }))).toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
  });
});
