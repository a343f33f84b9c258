import { join } from 'node:path';
import type { ModelInfo } from '@llmi/core';
import { toFloat32, type OnnxSession, type OnnxTensor } from '@llmi/runtime-onnx';
import { chooseGraphs, DecoderGraph, decoderShapeOf, disposeSessions, filledTensor, floatTensor, integerTensor, loadSessions, type DecoderSequence, type GraphSets, type TransformersLoadOptions } from '@llmi/runtime-transformers';
import type { PreparedPicture } from '../prepared-picture.js';

/** Source: the layout of onnx-community's Florence-2. */
export const florenceGraphs: GraphSets = [
  ['vision_encoder', 'embed_tokens', 'encoder_model', 'decoder_model_merged'],
  ['vision_encoder', 'embed_tokens', 'encoder_model', 'decoder_model'],
];

/** An encoder reads the picture and the question together, a decoder answers. */
export class FlorenceGraphs implements AsyncDisposable {
  readonly #decoder: DecoderGraph;

  private constructor(
    private readonly sessions: readonly [vision: OnnxSession, embed: OnnxSession, encoder: OnnxSession, decoder: OnnxSession],
    readonly info: { device: string; dtype: string; threads: number },
    config: Record<string, unknown>,
  ) {
    this.#decoder = new DecoderGraph(sessions[3], undefined, decoderShapeOf(config));
  }

  /** @throws {LlmiError} as `loadSessions` and `chooseGraphs` */
  static async load(folder: string, model: ModelInfo, config: Record<string, unknown>, { dtype, ...options }: TransformersLoadOptions): Promise<FlorenceGraphs> {
    const files = chooseGraphs(model, florenceGraphs, dtype);
    const sessions = (await loadSessions(files.map(({ path }) => join(folder, path)), options)) as [OnnxSession, OnnxSession, OnnxSession, OnnxSession];
    try {
      return new FlorenceGraphs(sessions, { device: sessions[3].device, threads: sessions[3].threads, dtype: files[3]!.dtype }, config);
    } catch (error) {
      await disposeSessions(sessions);
      throw error;
    }
  }

  /** A sequence of answers about a picture and a question; `tokens` that both are read as. */
  async begin({ planes, width, height }: PreparedPicture, question: readonly number[], signal?: AbortSignal): Promise<{ sequence: DecoderSequence; tokens: number }> {
    const [vision, , encoder] = this.sessions;
    const input = vision.inputs[0]!;
    const seen = Object.values(await vision.run({ [input.name]: floatTensor({ dtype: 'float32', shape: [1, 3, height, width], data: planes }, input.dtype) }, { signal }))[0]!;
    const asked = await this.#embed(question, signal);
    const size = asked.shape.at(-1)!;
    const data = joined(toFloat32(seen), toFloat32(asked));
    const tokens = data.length / size;
    const feeds = encoder.inputs.map(({ name, dtype }) => [name, name === 'inputs_embeds' ? floatTensor({ dtype: 'float32', shape: [1, tokens, size], data }, dtype) : filledTensor([1, tokens], 1, dtype ?? 'int64')] as const);
    const states = Object.values(await encoder.run(Object.fromEntries(feeds), { signal }))[0]!;
    return { sequence: this.#decoder.start({ states }, (ids, _position, during) => this.#embed(ids, during)), tokens };
  }

  async #embed(ids: readonly number[], signal?: AbortSignal): Promise<OnnxTensor> {
    const [, embed] = this.sessions;
    const input = embed.inputs[0]!;
    return Object.values(await embed.run({ [input.name]: integerTensor([1, ids.length], ids, input.dtype) }, { signal }))[0]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await disposeSessions(this.sessions);
  }
}

function joined(first: Float32Array, second: Float32Array): Float32Array {
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
