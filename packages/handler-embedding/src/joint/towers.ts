import { join } from 'node:path';
import { LlmiError, type LoadOptions } from '@llmi/core';
import { floatToHalf, OnnxSession, toFloat32, type OnnxTensor, type OnnxValueInfo } from '@llmi/runtime-onnx';
import { longest, textFeeds } from '../graph-feeds.js';
import type { EncodedText } from '../tokenizer/text-tokenizer.js';
import { plannedSize, type ImagePlan } from './image-plan.js';
import type { PreparedImage } from './prepare-image.js';
import type { TowerFiles } from './tower-files.js';

/** Vectors in the space that texts and pictures share, one for each input. */
export interface Towers extends AsyncDisposable {
  readonly device: string;
  readonly threads: number;
  readText?(texts: readonly EncodedText[], padId: number, padTo: number | undefined, signal?: AbortSignal): Promise<Float32Array[]>;
  lookAt?(images: readonly PreparedImage[], signal?: AbortSignal): Promise<Float32Array[]>;
}

const exportHint = 'Export it anew: optimum-cli export onnx --task zero-shot-image-classification, or its two models for themselves.';
const textOutputs = ['text_embeds', 'sentence_embedding', 'pooler_output'];
const imageOutputs = ['image_embeds', 'pooler_output'];
const textInputs = ['input_ids', 'attention_mask', 'position_ids', 'token_type_ids'];

/** @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for graphs without such vectors, and what loading a session throws */
export async function openTowers(folder: string, { text, vision, joint }: TowerFiles, plan: ImagePlan | undefined, { device, threads, signal }: LoadOptions): Promise<Towers> {
  const opened: OnnxSession[] = [];
  const open = async (path: string) => {
    const session = await OnnxSession.load(join(folder, path), { device, threads, signal });
    opened.push(session);
    return session;
  };
  const dispose = async () => void (await Promise.all(opened.map((session) => session[Symbol.asyncDispose]())));
  try {
    const both = joint && (await open(joint.path));
    const reading = text ? await open(text.path) : both;
    const looking = vision ? await open(vision.path) : both;
    const [first] = opened;
    return {
      device: first!.device,
      threads: first!.threads,
      ...(reading ? { readText: textTower(reading, plan) } : {}),
      ...(looking ? { lookAt: imageTower(looking) } : {}),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function textTower(session: OnnxSession, plan: ImagePlan | undefined): NonNullable<Towers['readText']> {
  const output = outputOf(session, textOutputs);
  const pixels = session.inputs.find(({ name }) => name === 'pixel_values');
  const feeds = textFeeds(session, exportHint, pixels ? [pixels.name] : []);
  return async (texts, padId, padTo, signal) => {
    const given = feeds(texts, padTo ?? longest(texts), padId);
    if (pixels) given[pixels.name] = blackPicture(pixels, plan); // a graph of both towers wants one; what it makes of it is not asked for
    return rowsOf((await session.run(given, { outputs: [output], signal }))[output]!);
  };
}

function imageTower(session: OnnxSession): NonNullable<Towers['lookAt']> {
  const output = outputOf(session, imageOutputs);
  const pixels = session.inputs.find(({ name }) => name === 'pixel_values');
  const unknown = session.inputs.find(({ name }) => name !== 'pixel_values' && !textInputs.includes(name));
  if (!pixels || unknown) {
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: unknown ? `The graph of this model wants the input "${unknown.name}", which llmi does not know.` : 'The graph of this model takes no pictures.', hint: exportHint });
  }
  const texts = session.inputs.filter(({ name }) => textInputs.includes(name));
  return async (images, signal) => {
    const given = { [pixels.name]: pictures(pixels, images), ...Object.fromEntries(texts.map(({ name }) => [name, oneToken])) };
    return rowsOf((await session.run(given, { outputs: [output], signal }))[output]!);
  };
}

const oneToken: OnnxTensor = { dtype: 'int64', shape: [1, 1], data: BigInt64Array.of(1n) };

function outputOf(session: OnnxSession, names: readonly string[]): string {
  const found = names.find((name) => session.outputs.some((output) => output.name === name));
  if (found !== undefined) return found;
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The graph of this model gives ${session.outputs.map(({ name }) => name).join(', ')}, but none of ${names.join(', ')}.`, hint: exportHint });
}

/** [batch, dim] to its rows. */
function rowsOf(tensor: OnnxTensor): Float32Array[] {
  const values = toFloat32(tensor);
  const dim = tensor.shape.at(-1)!;
  return Array.from({ length: values.length / dim }, (_, row) => values.slice(row * dim, (row + 1) * dim));
}

/** [batch, 3, height, width] of pictures of one size, of the element type that the graph wants. */
function pictures(input: OnnxValueInfo, images: readonly PreparedImage[]): OnnxTensor {
  const [{ width, height }] = images as [PreparedImage];
  const size = 3 * width * height;
  const data = new Float32Array(images.length * size);
  images.forEach(({ planes }, index) => data.set(planes, index * size));
  return floats(input, data, [images.length, 3, height, width]);
}

function blackPicture(input: OnnxValueInfo, plan: ImagePlan | undefined): OnnxTensor {
  const { width, height } = (plan && plannedSize(plan)) ?? { width: usualSide, height: usualSide };
  return floats(input, new Float32Array(3 * width * height), [1, 3, height, width]);
}

const usualSide = 224;

function floats({ name, dtype }: OnnxValueInfo, data: Float32Array, shape: number[]): OnnxTensor {
  if (dtype === 'float32') return { dtype, shape, data };
  if (dtype === 'float16') return { dtype, shape, data: Uint16Array.from(data, floatToHalf) };
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The input ${name} of this graph takes ${dtype}, not floating-point numbers.`, hint: 'Export the model with float32 inputs.' });
}
