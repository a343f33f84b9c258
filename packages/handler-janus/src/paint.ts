import { LlmiError, type GenerateEvent, type GenerateRequest } from '@llmi/core';
import { encodeImage, tensorToImage, type PixelImage } from '@llmi/media';
import { toFloat32 } from '@llmi/runtime-onnx';
import { drawToken, likeliest, seededRandom } from '@llmi/runtime-transformers';
import { tokenOf } from './janus-config.js';
import { paintingPrompt } from './prompt.js';
import type { JanusModel } from './understand.js';

/** As the model's own example paints. Source: generation_inference.py of https://github.com/deepseek-ai/Janus */
export const paintingDefaults = { guidanceScale: 5, temperature: 1 };
const seeds = 2 ** 31;

export interface Painted {
  images: string[]; // base64
  codes: number[][];
  seed: number;
  metadata: Record<string, unknown>;
  timing: Record<string, number>;
}

/**
 * Makes pictures, code by code: each code is drawn from what the prompt wants, pushed away from what no prompt would want. Picture
 * number n of several has the seed `seed + n`.
 */
export async function* paint(model: JanusModel, request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent, Painted> {
  const { guidanceScale = paintingDefaults.guidanceScale, temperature = paintingDefaults.temperature, numImages = 1, outputFormat = 'png' } = request;
  const seed = request.seed ?? Math.floor(Math.random() * seeds);
  const steps = model.config.imageTokens * numImages;
  const begun = performance.now();
  const images: string[] = [];
  const all: number[][] = [];
  let size = { width: 0, height: 0 };
  for (let number = 0; number < numImages; number++) {
    const codes: number[] = [];
    for await (const code of drawCodes(model, request, { guidanceScale, temperature, seed: seed + number }, signal)) {
      codes.push(code);
      yield { type: 'progress', stage: 'painting', step: number * model.config.imageTokens + codes.length, steps };
    }
    const picture = await pictureOf(model, codes, signal);
    size = picture;
    const data = Buffer.from(await encodeImage(picture, { format: outputFormat as 'png' })).toString('base64');
    images.push(data);
    all.push(codes);
    yield { type: 'image', index: number, mimeType: `image/${outputFormat}`, data };
  }
  const { width, height } = size;
  return { images, codes: all, seed, metadata: { format: outputFormat, width, height, guidance_scale: guidanceScale, temperature }, timing: { painting: performance.now() - begun } };
}

interface DrawOptions {
  guidanceScale: number;
  temperature: number;
  seed: number;
}

async function* drawCodes(model: JanusModel, request: GenerateRequest, { guidanceScale, temperature, seed }: DrawOptions, signal?: AbortSignal): AsyncGenerator<number> {
  const { graphs, tokenizer, config } = model;
  const wanted = tokenizer.encode(paintingPrompt(request, config), { addSpecialTokens: false });
  const guides = guidanceScale !== 1;
  const rows = guides ? [wanted, withoutWords(wanted, model)] : [wanted];
  const options = { imageToken: tokenOf(tokenizer, config.imageTag), imageTokens: config.imageTokens, pictureSize: config.picture.size };
  const sequence = graphs.decoder.start(undefined, (ids, position, stop) => (position < wanted.length ? graphs.embedTokens(ids, options, stop) : graphs.embedCode(ids[0]!, stop)));
  if (guides) sequence.select([0, 0]);
  const random = seededRandom(seed);
  let states = await sequence.step(rows, signal);
  for (let count = 0; count < config.imageTokens; count++) {
    signal?.throwIfAborted();
    const scores = await graphs.scoreCodes(states[0]!, signal);
    if (guides) guide(scores, await graphs.scoreCodes(states[1]!, signal), guidanceScale);
    if (scores.some(Number.isNaN)) throw new LlmiError('INTERNAL', { message: `The scores of code ${count + 1} are no numbers.`, hint: 'The weights may be damaged: llmi fix' });
    const code = temperature > 0 ? drawToken(scores, { temperature }, random) : likeliest(scores);
    yield code;
    if (count + 1 < config.imageTokens) states = await sequence.step(rows.map(() => [code]), signal);
  }
}

/** The same prompt with padding in the place of its words. Source: `generate` of JanusForConditionalGeneration in transformers 4.57 */
function withoutWords(ids: readonly number[], { tokenizer, config }: JanusModel): number[] {
  const { bosTokenId, padTokenId, eosTokenIds } = config.generation;
  const kept = [bosTokenId, tokenOf(tokenizer, config.imageStart)];
  return ids.map((id) => (kept.includes(id) ? id : (padTokenId ?? eosTokenIds[0] ?? 0)));
}

/** In place. */
function guide(wanted: Float32Array, unwanted: Float32Array, scale: number): void {
  for (let index = 0; index < wanted.length; index++) wanted[index] = unwanted[index]! + scale * (wanted[index]! - unwanted[index]!);
}

/** The decoder gives values from -1 to 1; a byte is what of its value is whole, as in the model's own example. */
async function pictureOf({ graphs }: JanusModel, codes: readonly number[], signal?: AbortSignal): Promise<PixelImage> {
  const decoded = await graphs.decodePicture(codes, signal);
  const [, , height, width] = decoded.shape as [number, number, number, number];
  const planes = toFloat32(decoded).map((value) => Math.trunc(Math.min(255, Math.max(0, Math.fround(Math.fround(value + 1) / 2) * 255))) / 255);
  return tensorToImage(planes, width, height, 3);
}
