import { join } from 'node:path';
import { doneEvent, type GenerateRequest, type MemoryPart } from '@llmi/core';
import { bytesOfBase64, decodeImage, drawRegions, encodeImage } from '@llmi/media';
import { OnnxSession } from '@llmi/runtime-onnx';
import { invalid } from '../invalid-input.js';
import type { LoadContext, Specialist, SpecialistKind } from '../specialist.js';
import { cropLine } from './crop-line.js';
import { detectLines } from './detect-lines.js';
import { readDictionary } from './dictionary.js';
import { ocrGraphs } from './ocr-graphs.js';
import { detectionPlan, lineSize, readInferenceYml } from './ocr-plan.js';
import { preparePage } from './page.js';
import { recognizeLines, setUpright } from './recognize-lines.js';

/** Lines that were read less surely are left out. Source: PaddleOCR's `drop_score` */
const usualThreshold = 0.5;
/** Of the detector's maps, for each pixel of a page as it is read: measured with PP-OCRv4 and v6, for pages of 0.75 and 2.9 million. */
const bytesPerPixel = 320;
const drawingFormats = ['png', 'jpeg', 'webp'] as const;

/** Reads a page line by line: where text is, how it lies, and what it says. */
export const readLinesKind: SpecialistKind = {
  graphs: (model, dtype) => Object.values(ocrGraphs(model, dtype)),
  activations: { small: pageBytes(1024, 736), large: pageBytes(2000, 1440) },
  fields: ['image', 'images', 'threshold', 'outputFormat'],
  modes: { auto: 'The text in the picture from top to bottom, and each line with its four corners.' },
  check({ image, images, outputFormat }: GenerateRequest) {
    if (image !== undefined && images !== undefined) throw invalid('images', 'Both "image" and "images" are given.', 'Give one of the two.');
    if (image === undefined && images?.length !== 1) throw invalid('image', images === undefined ? 'There is no picture to read.' : 'One picture is read at a time.', 'Give "image": base64 or a data URL.');
    if (outputFormat !== undefined && !isDrawingFormat(outputFormat)) throw invalid('output_format', `The lines cannot be drawn as ${outputFormat}.`, `Use one of: ${drawingFormats.join(', ')}.`);
  },
  async load(context): Promise<Specialist> {
    const reader = await loadReader(context);
    return {
      info: reader.info,
      async *run(request, _task, signal) {
        const started = performance.now();
        const param = request.image === undefined ? 'images[0]' : 'image';
        const picture = await decodeImage(bytesOfBase64((request.image ?? request.images![0])!, param), { param, signal });
        const page = preparePage(picture);
        const places = await detectLines(page.picture, reader.detection, reader.plan, signal);
        const found = performance.now();
        const crops = places.map((corners) => cropLine(page.picture, corners));
        const upright = reader.orientation ? await setUpright(crops, reader.orientation, signal) : crops;
        const read = await recognizeLines(upright, reader.recognition, reader.characters, reader.line, signal);
        const regions = read.flatMap(({ text, score }, index) => {
          if (text.trim() === '' || score < (request.threshold ?? usualThreshold)) return [];
          return [{ label: text, score, quad: page.toOriginal(places[index]!).flat() }];
        });
        const text = regions.map(({ label }) => label).join('\n');
        if (text !== '') yield { type: 'text', token: text };
        const characters = read.reduce((sum, line) => sum + line.text.length, 0);
        const usage = { promptTokens: 0, completionTokens: characters, totalTokens: characters };
        const drawing = isDrawingFormat(request.outputFormat) ? Buffer.from(await encodeImage(drawRegions(picture, regions), { format: request.outputFormat })).toString('base64') : undefined;
        yield doneEvent({ type: 'text', text, finishReason: 'stop', usage, regions, ...(drawing === undefined ? {} : { drawing }) }, { detect: found - started, recognize: performance.now() - found });
      },
      [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
    };
  },
};

function pageBytes(width: number, height: number): MemoryPart {
  return { name: 'activations', bytes: width * height * bytesPerPixel, derivation: `a page of ${width} x ${height} pixels x ${bytesPerPixel} bytes, measured` };
}

function isDrawingFormat(format: GenerateRequest['outputFormat']): format is (typeof drawingFormats)[number] {
  return drawingFormats.some((name) => name === format);
}

/** The graphs in memory with what they are used by; nothing stays behind when one of them cannot be loaded. */
async function loadReader({ model, folder, options: { dtype, ...options } }: LoadContext) {
  const graphs = ocrGraphs(model, dtype);
  const opened: OnnxSession[] = [];
  const free = async () => void (await Promise.all(opened.map((session) => session[Symbol.asyncDispose]())));
  const open = async (path: string) => {
    const session = await OnnxSession.load(join(folder, path), options);
    opened.push(session);
    return session;
  };
  try {
    const [detectionSettings, recognitionSettings] = await Promise.all([readInferenceYml(model, folder, graphs.detection), readInferenceYml(model, folder, graphs.recognition)]);
    const [detection, recognition] = [await open(graphs.detection.path), await open(graphs.recognition.path)];
    const orientation = graphs.orientation ? await open(graphs.orientation.path) : undefined;
    const [height, classes] = [recognition.inputs[0]?.shape.at(-2), recognition.outputs[0]?.shape.at(-1)];
    return {
      info: { device: detection.device, dtype: graphs.recognition.dtype, threads: detection.threads },
      detection,
      recognition,
      orientation,
      characters: await readDictionary(model, folder, graphs.recognition, recognitionSettings, typeof classes === 'number' ? classes : undefined),
      plan: detectionPlan(detectionSettings),
      line: lineSize(recognitionSettings, typeof height === 'number' ? height : undefined),
      [Symbol.asyncDispose]: free,
    };
  } catch (error) {
    await free();
    throw error;
  }
}
