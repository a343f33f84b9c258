import { join } from 'node:path';
import type { ModelInfo } from '@llmi/core';
import { toFloat32, type OnnxSession, type OnnxTensor } from '@llmi/runtime-onnx';
import { chooseGraphs, DecoderGraph, decoderShapeOf, disposeSessions, floatTensor, integerTensor, loadSessions, type GraphSets, type TransformersLoadOptions } from '@llmi/runtime-transformers';
import { florenceGraphs } from './florence/florence-graphs.js';
import type { PreparedPicture } from './prepared-picture.js';

/** Source: the layout of onnx-community's vision-language models. */
export const multimodalGraphs: GraphSets = [
  ...florenceGraphs,
  ['vision_encoder', 'embed_tokens', 'decoder_model_merged'],
  ['vision_encoder', 'embed_tokens', 'decoder_model'],
];

/** What a vision tower makes of a picture: vectors in the language model's space, [positions, size]. */
export interface PictureVectors {
  data: Float32Array;
  positions: number;
}

function vectorsOf(results: Record<string, OnnxTensor>): PictureVectors {
  const features = results.image_features ?? Object.values(results)[0]!;
  const data = toFloat32(features);
  return { data, positions: data.length / features.shape.at(-1)! };
}

/** The three graphs of a model, by what they do. */
export class MultimodalGraphs implements AsyncDisposable {
  readonly decoder: DecoderGraph;

  private constructor(
    private readonly vision: OnnxSession,
    private readonly embed: OnnxSession,
    private readonly language: OnnxSession,
    readonly info: { device: string; dtype: string; threads: number },
    config: Record<string, unknown>,
  ) {
    this.decoder = new DecoderGraph(language, undefined, decoderShapeOf(config));
  }

  /** @throws {LlmiError} as `loadSessions` and `chooseGraphs` */
  static async load(folder: string, model: ModelInfo, config: Record<string, unknown>, { dtype, ...options }: TransformersLoadOptions): Promise<MultimodalGraphs> {
    const files = chooseGraphs(model, multimodalGraphs, dtype);
    const sessions = await loadSessions(files.map(({ path }) => join(folder, path)), options);
    try {
      const [vision, embed, language] = sessions as [OnnxSession, OnnxSession, OnnxSession];
      return new MultimodalGraphs(vision, embed, language, { device: language.device, threads: language.threads, dtype: files[2]!.dtype }, config);
    } catch (error) {
      await disposeSessions(sessions);
      throw error;
    }
  }

  async seePicture({ planes, views, width, height, grid }: PreparedPicture, signal?: AbortSignal): Promise<PictureVectors> {
    if (grid) return this.#seePatches(planes, grid, signal);
    const input = this.vision.inputs.find(({ name }) => name === 'pixel_values') ?? this.vision.inputs[0]!;
    const inViews = input.shape.length === 5; // [pictures, views, 3, height, width]
    const pixels = floatTensor({ dtype: 'float32', shape: inViews ? [1, views, 3, height, width] : [views, 3, height, width], data: planes }, input.dtype);
    const mask: OnnxTensor = { dtype: 'bool', shape: [1, views, height, width], data: new Uint8Array(views * height * width).fill(1) };
    const masks: Record<string, OnnxTensor> = this.vision.inputs.some(({ name }) => name === 'pixel_attention_mask') ? { pixel_attention_mask: mask } : {};
    return vectorsOf(await this.vision.run({ [input.name]: pixels, ...masks }, { signal }));
  }

  async #seePatches(planes: Float32Array, grid: NonNullable<PreparedPicture['grid']>, signal?: AbortSignal): Promise<PictureVectors> {
    const patches = grid[0] * grid[1] * grid[2];
    const feeds = this.vision.inputs.map(({ name, dtype }) => [name, name.endsWith('grid_thw') ? integerTensor([1, 3], [...grid], dtype) : floatTensor({ dtype: 'float32', shape: [patches, planes.length / patches], data: planes }, dtype)] as const);
    return vectorsOf(await this.vision.run(Object.fromEntries(feeds), { signal }));
  }

  /** Vectors of tokens: [1, tokens, size]. */
  async embedTokens(ids: readonly number[], signal?: AbortSignal): Promise<OnnxTensor> {
    const input = this.embed.inputs[0]!;
    return Object.values(await this.embed.run({ [input.name]: integerTensor([1, ids.length], ids, input.dtype) }, { signal }))[0]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await disposeSessions([this.vision, this.embed, this.language]);
  }
}
