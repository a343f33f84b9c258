import { LlmiError, type GenerateEvent, type GenerateRequest, type Usage } from '@llmi/core';
import { bytesOfBase64, decodeImage } from '@llmi/media';
import { toFloat32, type OnnxTensor } from '@llmi/runtime-onnx';
import { generateTokens, generationSettings, textOfTokens, TextStream, type TextTokenizer, type TokenSequence } from '@llmi/runtime-transformers';
import { tokenOf, type JanusConfig } from './janus-config.js';
import type { JanusGraphs } from './janus-graphs.js';
import { preparePicture } from './prepare-picture.js';
import { conversationOf, tokensOf } from './prompt.js';

/** Tokens of an answer where neither the request nor the model says how many. */
const usualNewTokens = 512;

export interface JanusModel {
  graphs: JanusGraphs;
  tokenizer: TextTokenizer;
  config: JanusConfig;
}

export interface Understood {
  text: string;
  finishReason: 'stop' | 'length';
  usage: Usage;
  seed: number | undefined;
  timing: Record<string, number>;
}

/** Reads a conversation with pictures, and answers it word by word. */
export async function* understand({ graphs, tokenizer, config }: JanusModel, request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent, Understood> {
  const begun = performance.now();
  const conversation = conversationOf(request, config.imageTag);
  const prompt = tokensOf(conversation.text, tokenizer, config);
  const room = (config.contextLength ?? Infinity) - prompt.length;
  if (room < 1) throw tooLong(prompt.length, config.contextLength!);
  const pictures = [];
  for (const { text, param } of conversation.pictures) pictures.push(preparePicture(await decodeImage(bytesOfBase64(text, param), { param, signal }), config.picture));
  const options = { imageToken: tokenOf(tokenizer, config.imageTag), imageTokens: config.imageTokens, pictureSize: config.picture.size };
  const vectors = await graphs.embedTokens(prompt, { ...options, pictures }, signal);
  const hidden = graphs.decoder.start(undefined, async (ids, position, stop) => (position < prompt.length ? partOf(vectors, position, ids.length) : graphs.embedTokens(ids, options, stop)));
  const sequence: TokenSequence = {
    rows: hidden.rows,
    select: (order) => hidden.select(order),
    step: async (added, stop) => Promise.all((await hidden.step(added, stop)).map((state) => graphs.scoreText(state, stop))),
  };
  const prepared = performance.now();
  const { generation } = config;
  const settings = generationSettings(request, generation, Math.min(room, request.maxTokens ?? generation.maxNewTokens ?? usualNewTokens));
  const pieces = textOfTokens(generateTokens(sequence, prompt, settings, signal), new TextStream(tokenizer), request.stopSequences);
  let first: number | undefined;
  let piece = await pieces.next();
  for (; !piece.done; piece = await pieces.next()) {
    first ??= performance.now();
    yield { type: 'text', token: piece.value.text };
  }
  const { text, tokens, finishReason } = piece.value;
  const end = performance.now();
  const usage = { promptTokens: prompt.length, completionTokens: tokens, totalTokens: prompt.length + tokens };
  return { text, finishReason, usage, seed: settings.sampling?.seed, timing: { prepare: prepared - begun, prompt: (first ?? end) - prepared, decode: end - (first ?? end) } };
}

/** Some of the vectors of [1, tokens, size]. */
function partOf(vectors: OnnxTensor, from: number, count: number): OnnxTensor {
  const size = vectors.shape.at(-1)!;
  return { dtype: 'float32', shape: [1, count, size], data: toFloat32(vectors).subarray(from * size, (from + count) * size) };
}

function tooLong(tokens: number, limit: number): LlmiError {
  return new LlmiError('CONTEXT_LENGTH_EXCEEDED', { message: `The conversation has ${tokens} tokens; the model reads ${limit} with its answer.`, hint: 'Shorten it, or send fewer pictures.', param: 'messages' });
}
