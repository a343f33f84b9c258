import { LlmiError } from '@llmi/core';
import { floatToHalf, toFloat32, type OnnxSession, type OnnxTensor, type OnnxValueInfo } from '@llmi/runtime-onnx';
import type { PreparedImage } from './preprocess/prepare-image.js';

/** What the graph made of one picture: an output without its batch dimension. */
export interface GraphOutput {
  data: Float32Array;
  shape: readonly number[];
}
export type GraphOutputs = Record<string, GraphOutput>;

/** Inputs beside the picture: texts, sizes. */
export type ExtraFeeds = Record<string, OnnxTensor>;

/** A graph that takes pictures, and how to feed it. */
export class VisionGraph {
  readonly input: OnnxValueInfo;
  /** Pictures that one run takes, where the graph says so. */
  readonly fixedBatch: number | undefined;

  constructor(readonly session: OnnxSession) {
    const input = session.inputs.find(({ name }) => name === 'pixel_values') ?? session.inputs.find(({ shape }) => shape.length === 4);
    if (!input) {
      throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
        message: `The graph of this model takes ${session.inputs.map(({ name }) => name).join(', ')}, but no picture.`,
        hint: 'Choose the file of the vision model, or one that has pixel_values among its inputs.',
      });
    }
    this.input = input;
    const batch = input.shape[0];
    this.fixedBatch = typeof batch === 'number' && batch > 0 ? batch : undefined;
  }

  get outputNames(): string[] {
    return this.session.outputs.map(({ name }) => name);
  }

  /** Those of some inputs that the graph has. */
  taken(feeds: ExtraFeeds): ExtraFeeds {
    const names = this.session.inputs.map(({ name }) => name);
    return Object.fromEntries(Object.entries(feeds).filter(([name]) => names.includes(name)));
  }

  /** Runs pictures of one size together; what is asked for comes back picture by picture. */
  async run(batch: readonly PreparedImage[], outputs: readonly string[], extra: ExtraFeeds = {}, signal?: AbortSignal): Promise<GraphOutputs[]> {
    if (this.fixedBatch === 1 && batch.length > 1) {
      const results: GraphOutputs[] = [];
      for (const image of batch) results.push(...(await this.run([image], outputs, extra, signal)));
      return results;
    }
    const rows = this.fixedBatch ?? batch.length; // a batch of a fixed size is filled up with black
    const feeds: Record<string, OnnxTensor> = { [this.input.name]: pixels(this.input, batch, rows), ...extra };
    for (const { name, shape } of this.session.inputs) {
      if (name === 'pixel_mask') feeds[name] = pixelMask(batch, rows, shape);
      else if (name === 'orig_target_sizes') feeds[name] = originalSizes(batch, rows);
    }
    const result = await this.session.run(feeds, { outputs, signal });
    return batch.map((_, index) => Object.fromEntries(outputs.map((name) => [name, part(result[name]!, index, rows)])));
  }
}

/** The part of one picture. A tensor whose first dimension is not the batch is the same for all. */
function part(tensor: OnnxTensor, index: number, rows: number): GraphOutput {
  const data = tensor.dtype === 'int64' || tensor.dtype === 'int32' ? Float32Array.from(tensor.data as BigInt64Array, Number) : toFloat32(tensor);
  if (tensor.shape[0] !== rows) return { data, shape: tensor.shape };
  const size = data.length / rows;
  return { data: data.subarray(index * size, (index + 1) * size), shape: tensor.shape.slice(1) };
}

/** [rows, channels, height, width], of the element type that the graph wants. */
function pixels({ name, dtype }: OnnxValueInfo, batch: readonly PreparedImage[], rows: number): OnnxTensor {
  const { channels, width, height } = batch[0]!;
  const shape = [rows, channels, height, width];
  const size = channels * width * height;
  let data = batch[0]!.planes;
  if (rows > 1) {
    data = new Float32Array(rows * size);
    batch.forEach(({ planes }, index) => data.set(planes, index * size));
  }
  if (dtype === 'float32') return { dtype, shape, data };
  if (dtype === 'float16') return { dtype, shape, data: Uint16Array.from(data, floatToHalf) };
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: `The input ${name} of this graph takes ${dtype}, not floating-point numbers.`,
    hint: 'Export the model with float32 inputs.',
  });
}

/** [rows, height, width], 1 where there is picture; some graphs have a mask of a smaller, fixed size, which is all picture. */
function pixelMask(batch: readonly PreparedImage[], rows: number, [, fixedHeight, fixedWidth]: readonly (number | string)[]): OnnxTensor {
  const { width, height } = batch[0]!;
  if (typeof fixedHeight === 'number' && typeof fixedWidth === 'number' && (fixedHeight !== height || fixedWidth !== width)) {
    return { dtype: 'int64', shape: [rows, fixedHeight, fixedWidth], data: new BigInt64Array(rows * fixedHeight * fixedWidth).fill(1n) };
  }
  const mask = new BigInt64Array(rows * height * width);
  batch.forEach(({ content }, index) => {
    for (let y = 0; y < content.height; y++) mask.fill(1n, (index * height + y) * width, (index * height + y) * width + content.width);
  });
  return { dtype: 'int64', shape: [rows, height, width], data: mask };
}

/** [rows, 2]: width and height of the pictures as given. */
function originalSizes(batch: readonly PreparedImage[], rows: number): OnnxTensor {
  const sizes = new BigInt64Array(rows * 2).fill(1n);
  batch.forEach(({ source }, index) => sizes.set([BigInt(source.width), BigInt(source.height)], index * 2));
  return { dtype: 'int64', shape: [rows, 2], data: sizes };
}
