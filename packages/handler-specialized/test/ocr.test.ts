import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { collectAs, type GenerateRequest } from '@llmi/core';
import { blankImage, decodeImage, type PixelImage } from '@llmi/media';
import type { OnnxSession } from '@llmi/runtime-onnx';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSpecialized, type SpecializedHandler } from '../src/index.js';
import { cropLine } from '../src/ocr/crop-line.js';
import { detectLines } from '../src/ocr/detect-lines.js';
import { detectionPlan, type DetectionPlan } from '../src/ocr/ocr-plan.js';
import type { Corners } from '../src/ocr/rectangle.js';
import { resizeLinear } from '../src/ocr/resize-linear.js';
import { detector, page, recognizer, settings } from './tiny-ocr.js';

interface Goldens {
  bars: [number, number, number, number, number][];
  cases: { name: 'usual' | 'paddle'; page: [number, number]; boxes: number[][] }[];
  resized: { from: [number, number]; to: [number, number]; data: number[] }[];
  crops: { corners: [number, number][]; width: number; height: number; data: number[] }[];
}
const goldens = JSON.parse(readFileSync(new URL('fixtures/ocr.json', import.meta.url), 'utf8')) as Goldens;

/** The same picture as make_ocr.py makes. */
function formulaPicture(width: number, height: number): PixelImage {
  const picture = blankImage(width, height, 3);
  for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++) for (let c = 0; c < 3; c++) picture.data[at++] = (7 * x + 3 * y + 31 * c + x * y) % 256;
  return picture;
}

function textMap(width: number, height: number): Float32Array {
  return Float32Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    const values = goldens.bars.map(([cx, cy, halfLength, halfHeight, degrees]) => {
      const angle = (degrees * Math.PI) / 180;
      const along = (x - cx) * Math.cos(angle) + (y - cy) * Math.sin(angle);
      const across = (y - cy) * Math.cos(angle) - (x - cx) * Math.sin(angle);
      return 1 / (1 + Math.exp(-Math.min(halfLength - Math.abs(along), halfHeight - Math.abs(across))));
    });
    return Math.max(...values);
  });
}

describe('as OpenCV and RapidOCR', () => {
  it.each(goldens.resized)('resizes $from to $to', ({ from, to, data }) => {
    const resized = resizeLinear(formulaPicture(...from), ...to).data;
    expect(Math.max(...data.map((value, at) => Math.abs(value - resized[at]!)))).toBeLessThanOrEqual(1);
  });

  it.each(goldens.crops)('cuts out what lies between $corners', ({ corners, width, height, data }) => {
    const line = cropLine(formulaPicture(60, 45), corners as unknown as Corners);
    expect([line.width, line.height]).toEqual([width, height]);
    const off = data.map((value, at) => Math.abs(value - line.data[at]!));
    expect(off.reduce((sum, value) => sum + value, 0) / off.length).toBeLessThan(1); // OpenCV rounds its weights to 15 bits, and places to a 32nd
  });

  it.each(goldens.cases)('finds the lines in a map ($name)', async ({ name, page: [width, height], boxes }) => {
    const session = { inputs: [{ name: 'x', dtype: 'float32', shape: [] }], outputs: [{ name: 'map' }], run: () => Promise.resolve({ map: { dtype: 'float32', shape: [1, 1, 150, 280], data: textMap(280, 150) } }) } as unknown as OnnxSession;
    const paddle = { PreProcess: { transform_ops: [{ DetResizeForTest: { resize_long: 960 } }] }, PostProcess: { thresh: 0.3, box_thresh: 0.6, unclip_ratio: 1.5 } };
    const plan: DetectionPlan = detectionPlan(name === 'paddle' ? paddle : undefined);
    const found = (await detectLines(blankImage(width, height, 3), session, plan)).map((corners) => corners.flat());
    const byPlace = (lists: number[][]) => [...lists].sort((left, right) => left[0]! - right[0]!);
    expect(found.length).toBe(boxes.length);
    for (const [index, box] of byPlace(boxes).entries()) for (const [at, value] of box.entries()) expect(Math.abs(byPlace(found)[index]![at]! - value)).toBeLessThanOrEqual(1);
  });
});

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function folderWith(files: Record<string, Buffer | string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-ocr-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

const read = (handler: SpecializedHandler, request: GenerateRequest) => collectAs(handler.generateStream(request), 'text');

describe('a detector beside a recognizer', () => {
  const paddle = { 'PP-OCRv5_mobile_det_onnx/inference.onnx': detector, 'PP-OCRv5_mobile_det_onnx/inference.yml': settings, 'PP-OCRv5_mobile_rec_onnx/inference.onnx': recognizer() };
  const rec = 'PP-OCRv5_mobile_rec_onnx/';

  it.each([
    ['inference.yml', { ...paddle, [`${rec}inference.yml`]: 'PostProcess: { character_dict: ["A", "B"] }\n' }],
    ['a text file', { ...paddle, [`${rec}ppocr_keys_v1.txt`]: 'A\nB\n' }],
    ['metadata', { ...paddle, [`${rec}inference.onnx`]: recognizer('A\nB\n') }],
  ])('reads a page by its lines; the dictionary is in %s', async (_where, files) => {
    await using handler = await loadSpecialized(folderWith(files));
    expect(handler.getModelCapabilities()).toMatchObject({ tasks: ['image-to-text'], inputModalities: ['image'], outputModalities: ['text'] });
    const image = await page([60, 200, 'black'], [80, 200, 'black'], [40, 60, 'black'], [60, 60, 'red'], [80, 60, 'black'], [300, 64, 'red'], [320, 64, 'red']);
    const { text, regions, drawing } = await read(handler, { image, outputFormat: 'png' });
    expect(text).toBe('ABA\nBB\nAA');
    const [first] = regions!;
    expect(first!.score).toBeGreaterThan(0.8);
    const [left, top, right, , , bottom] = first!.quad!;
    expect([left! < 40, top! < 60, right! > 88, bottom! > 100, left! > 25, bottom! < 115]).toEqual(Array(6).fill(true));
    const drawn = await decodeImage(Buffer.from(drawing!, 'base64'));
    const given = await decodeImage(Buffer.from(image, 'base64'));
    expect(drawn.data.some((value, at) => value !== given.data[at])).toBe(true);
  });

  it('finds nothing on an empty page, and leaves out what it is not sure of', async () => {
    await using handler = await loadSpecialized(folderWith({ 'det/model.onnx': detector, 'det/inference.yml': settings, 'rec/model.onnx': recognizer('A\nB') }));
    expect(await read(handler, { image: await page() })).toMatchObject({ text: '', regions: [] });
    const image = await page([40, 60, 'black'], [60, 60, 'black']);
    expect((await read(handler, { image, threshold: 0 })).text).toBe('AA');
    expect(await read(handler, { image, threshold: 1 })).toMatchObject({ text: '', regions: [] });
  });

  it.each([
    ['no dictionary', paddle, 'MODEL_FILE_MISSING', /dictionary/],
    ['the dictionary of another model', { ...paddle, [`${rec}dict.txt`]: 'A\nB\nC\nD\n' }, 'MODEL_FILE_CORRUPT', /4 characters.*4 classes/],
    ['settings that are none', { ...paddle, [`${rec}inference.yml`]: 'PostProcess: [' }, 'MODEL_FILE_CORRUPT', /YAML/],
    ['two recognizers', { ...paddle, [`${rec}dict.txt`]: 'A\nB\n', 'en_rec/model.onnx': recognizer() }, 'MODEL_FORMAT_UNSUPPORTED', /several graphs for text recognition/],
  ])('says what is wrong: %s', async (_what, files, code, message) => {
    await expect(loadSpecialized(folderWith(files))).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it.each([
    [{}, 'image'],
    [{ image: 'AAAA', images: ['AAAA'] }, 'images'],
    [{ image: 'AAAA', outputFormat: 'mp4' }, 'output_format'],
    [{ image: 'AAAA', prompt: 'What?' }, 'prompt'],
  ])('refuses %j', async (request, param) => {
    await using handler = await loadSpecialized(folderWith({ 'det.onnx': detector, 'rec.onnx': recognizer('A\nB') }));
    expect(handler.validateInputs(request)).toMatchObject({ ok: false, param });
  });
});
