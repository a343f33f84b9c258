import { join } from 'node:path';
import type { ModelInfo } from '@llmi/core';
import type { OnnxSession, OnnxTensor } from '@llmi/runtime-onnx';
import { chooseGraphs, DecoderGraph, decoderShapeOf, disposeSessions, floatTensor, integerTensor, loadSessions, type GraphSets, type TransformersLoadOptions } from '@llmi/runtime-transformers';
import type { JanusConfig } from './janus-config.js';
import type { PicturePlanes } from './prepare-picture.js';

/** What a Janus model is exported as. Source: the layout of onnx-community/Janus-1.3B-ONNX */
const stems = ['prepare_inputs_embeds', 'language_model', 'lm_head', 'gen_head', 'gen_img_embeds', 'image_decode'] as const;
export const janusGraphs: GraphSets = [stems];

type Sessions = Record<(typeof stems)[number], OnnxSession>;

/** The six graphs of a model, by what they do. */
export class JanusGraphs implements AsyncDisposable {
  readonly decoder: DecoderGraph;

  private constructor(
    private readonly sessions: Sessions,
    readonly info: { device: string; dtype: string; threads: number },
    config: Record<string, unknown>,
  ) {
    this.decoder = new DecoderGraph(sessions.language_model, undefined, decoderShapeOf({ text_config: config.language_config ?? config.text_config ?? config }));
  }

  /** @throws {LlmiError} as `loadSessions` and `chooseGraphs` */
  static async load(folder: string, model: ModelInfo, config: JanusConfig, { dtype, ...options }: TransformersLoadOptions): Promise<JanusGraphs> {
    const files = chooseGraphs(model, janusGraphs, dtype);
    const sessions = await loadSessions(files.map(({ path }) => join(folder, path)), options);
    try {
      const named = Object.fromEntries(stems.map((stem, index) => [stem, sessions[index]!])) as Sessions;
      const { device, threads } = named.language_model;
      return new JanusGraphs(named, { device, threads, dtype: files[1]!.dtype }, config.json);
    } catch (error) {
      await disposeSessions(sessions);
      throw error;
    }
  }

  /**
   * Vectors of tokens, those of pictures in the places of `imageToken`: [1, tokens, size].
   * @param pictures planes of [3, size, size] each, one for each run of image tokens
   */
  async embedTokens(ids: readonly number[], { imageToken, imageTokens, pictureSize, pictures = [] }: EmbedOptions, signal?: AbortSignal): Promise<OnnxTensor> {
    const session = this.sessions.prepare_inputs_embeds;
    const count = pictures.length;
    const planes = new Float32Array(count * 3 * pictureSize * pictureSize);
    pictures.forEach((picture, index) => planes.set(picture, index * 3 * pictureSize * pictureSize));
    const pixels: OnnxTensor = { dtype: 'float32', shape: [count === 0 ? 0 : 1, count, 3, pictureSize, pictureSize], data: planes };
    const dtype = session.inputs.find(({ name }) => name === 'pixel_values')?.dtype;
    const feeds: Record<string, OnnxTensor> = {
      input_ids: integerTensor([1, ids.length], ids),
      pixel_values: floatTensor(pixels, dtype),
      images_seq_mask: { dtype: 'bool', shape: [1, ids.length], data: Uint8Array.from(ids, (id) => Number(count > 0 && id === imageToken)) },
      images_emb_mask: { dtype: 'bool', shape: [1, Math.max(1, count), count === 0 ? 0 : imageTokens], data: new Uint8Array(count * imageTokens).fill(1) },
    };
    return only(await session.run(feeds, { signal }));
  }

  /** Scores of text tokens: [vocabulary] of a hidden state. */
  async scoreText(state: Float32Array, signal?: AbortSignal): Promise<Float32Array> {
    return this.#score(this.sessions.lm_head, state, signal);
  }

  /** Scores of the codes of a picture: [codes] of a hidden state. */
  async scoreCodes(state: Float32Array, signal?: AbortSignal): Promise<Float32Array> {
    return this.#score(this.sessions.gen_head, state, signal);
  }

  /** The vector of one code of a picture: [1, 1, size]. */
  async embedCode(code: number, signal?: AbortSignal): Promise<OnnxTensor> {
    return only(await this.sessions.gen_img_embeds.run({ image_ids: integerTensor([1, 1], [code]) }, { signal }));
  }

  /** Codes as a picture with values from -1 to 1: [1, 3, height, width]. */
  async decodePicture(codes: readonly number[], signal?: AbortSignal): Promise<OnnxTensor> {
    return only(await this.sessions.image_decode.run({ generated_tokens: integerTensor([1, codes.length], codes) }, { signal }));
  }

  async #score(session: OnnxSession, state: Float32Array, signal?: AbortSignal): Promise<Float32Array> {
    const dtype = session.inputs[0]!.dtype;
    const logits = only(await session.run({ [session.inputs[0]!.name]: floatTensor({ dtype: 'float32', shape: [1, 1, state.length], data: state }, dtype) }, { signal }));
    return Float32Array.from(floatTensor(logits).data as Float32Array); // its own: processors change it
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await disposeSessions(Object.values(this.sessions));
  }
}

export interface EmbedOptions {
  imageToken: number;
  /** Tokens that one picture becomes. */
  imageTokens: number;
  /** Side of a picture in pixels. */
  pictureSize: number;
  pictures?: readonly PicturePlanes[];
}

const only = (results: Record<string, OnnxTensor>): OnnxTensor => Object.values(results)[0]!;
