// Looking at pictures: a photograph of 12 megapixels decoded and resized against sharp alone, and a classifier through the handler
// against a loop of sharp and onnxruntime. The model is MODEL, a folder with a classifier that takes [batch or 1, 3, 224, 224].
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadVision } from '@llmi/handler-vision';
import { decodeImage, resizeImage } from '@llmi/media';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { alternate, median, spread, timed } from './measure.mjs';

const shared = process.env.LLMI_SHARED ?? fileURLToPath(new URL('../../shared', import.meta.url));
const model = process.env.MODEL ?? join(shared, 'weights', 'mobilenetv2-imagenet');
const side = 224;
const [mean, std] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]];

export default async function bench() {
  const photograph = await picture(4000, 3000, 7);
  const results = [...(await resizing(photograph))];
  if (existsSync(model)) results.push(...(await classifying()));
  return results;
}

/** A JPEG of smooth colours with some noise, as a camera makes it. */
async function picture(width, height, seed) {
  const small = Buffer.from(Uint8Array.from({ length: 40 * 30 * 3 }, (_, index) => (Math.sin(index * seed * 12.9898) * 43758.5453) & 255));
  const noise = { create: { width, height, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 128, sigma: 12 } } };
  const smooth = await sharp(small, { raw: { width: 40, height: 30, channels: 3 } }).resize(width, height, { fit: 'fill' }).raw().toBuffer();
  return sharp(noise).composite([{ input: smooth, raw: { width, height, channels: 3 }, blend: 'soft-light' }]).jpeg({ quality: 90 }).toBuffer();
}

async function resizing(photograph) {
  const runs = await alternate(
    {
      llmi: () => timed(async () => resizeImage(await decodeImage(photograph), { width: side, height: side, filter: 'bilinear' })),
      sharp: () => timed(async () => {
        const { data, info } = await sharp(photograph).raw().toBuffer({ resolveWithObject: true });
        await sharp(data, { raw: info }).resize(side, side, { fit: 'fill', kernel: 'linear' }).raw().toBuffer();
      }),
      pipeline: () => timed(() => sharp(photograph).extract({ left: 0, top: 0, width: 4000, height: 3000 }).resize(side, side, { fit: 'fill', kernel: 'linear' }).raw().toBuffer()),
    },
    { repetitions: 9, warmups: 2 },
  );
  const time = (arm) => median(runs[arm]);
  const detail = `${time('llmi').toFixed(0)} and ${time('sharp').toFixed(0)} ms, spread ${(100 * spread(runs.sharp)).toFixed(0)} %`;
  return [
    { name: '12 megapixels decoded and resized / sharp, pixels in memory', value: time('llmi') / time('sharp'), unit: 'ratio', target: 1.2, atLeast: false, detail },
    { name: '12 megapixels decoded and resized / sharp, one pipeline', value: time('llmi') / time('pipeline'), unit: 'ratio', detail: `${time('pipeline').toFixed(0)} ms; its filter is not Pillow's` },
  ];
}

async function classifying() {
  const pictures = await Promise.all(Array.from({ length: 32 }, (_, index) => picture(640, 480, index + 1)));
  const images = pictures.map((bytes) => bytes.toString('base64'));
  const handler = await loadVision(model);
  const file = readdirSync(model).find((name) => name.endsWith('.onnx'));
  const session = await InferenceSession.create(join(model, file), { interOpNumThreads: 1 });
  const bare = async (bytes) => {
    const { data } = await sharp(bytes).resize(256, 256, { fit: 'outside', kernel: 'linear' }).extract({ left: 58, top: 16, width: side, height: side }).raw().toBuffer({ resolveWithObject: true });
    const planes = new Float32Array(3 * side * side);
    for (let channel = 0, at = 0; channel < 3; channel++) {
      for (let pixel = channel; pixel < data.length; pixel += 3) planes[at++] = (data[pixel] / 255 - mean[channel]) / std[channel];
    }
    const { [session.outputNames[0]]: logits } = await session.run({ [session.inputNames[0]]: new Tensor('float32', planes, [1, 3, side, side]) });
    return logits.data.indexOf(Math.max(...logits.data));
  };
  const compare = async (count, target) => {
    const runs = await alternate(
      { llmi: () => timed(() => handler.processImage({ images: images.slice(0, count) })), bare: () => timed(async () => { for (const bytes of pictures.slice(0, count)) await bare(bytes); }) },
      { repetitions: count === 1 ? 25 : 5, warmups: 2 },
    );
    const detail = `${median(runs.llmi).toFixed(1)} and ${median(runs.bare).toFixed(1)} ms, spread ${(100 * spread(runs.bare)).toFixed(0)} %`;
    return { name: `classify ${count} of 640 x 480 / sharp and onnxruntime`, value: median(runs.bare) / median(runs.llmi), unit: 'ratio', target, atLeast: true, detail };
  };
  try {
    return [await compare(1, 0.97), await compare(32, 1.5)];
  } finally {
    await handler[Symbol.asyncDispose]();
    await session.release();
  }
}
