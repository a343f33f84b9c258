import type { TemplateRenderer } from '@llmi/chat-template';
import { LlmiError, type GenerateEvent, type GenerateRequest, type Usage } from '@llmi/core';
import { bytesOfBase64, decodeImage } from '@llmi/media';
import { toFloat32 } from '@llmi/runtime-onnx';
import { generateTokens, generationSettings, textOfTokens, TextStream, type Embedder, type TextTokenizer } from '@llmi/runtime-transformers';
import { expandPictures, makePrompt } from './make-prompt.js';
import type { MultimodalConfig } from './multimodal-config.js';
import type { MultimodalGraphs, PictureVectors } from './multimodal-graphs.js';
import type { PreparedPicture } from './prepared-picture.js';
import { ropePositions } from './rope-positions.js';

const usualNewTokens = 512;

export interface MultimodalModel {
  graphs: MultimodalGraphs;
  tokenizer: TextTokenizer;
  config: MultimodalConfig;
  renderer: TemplateRenderer;
}

export interface Answered {
  text: string;
  finishReason: 'stop' | 'length';
  usage: Usage;
  seed: number | undefined;
  timing: Record<string, number>;
}

/** Reads a conversation with pictures, and answers it word by word. */
export async function* answer(model: MultimodalModel, request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent, Answered> {
  const { graphs, tokenizer, config } = model;
  const begun = performance.now();
  const { tokens, pictures } = await makePrompt(request, config, tokenizer, model.renderer);
  const seen: PictureVectors[] = [];
  const expanded: number[][] = [];
  const grids: NonNullable<PreparedPicture['grid']>[] = [];
  for (const [index, { text, param }] of pictures.entries()) {
    const picture = await decodeImage(bytesOfBase64(text, param), { param, signal });
    const prepared = config.prepare(picture);
    const vectors = await graphs.seePicture(prepared, signal);
    seen.push(vectors);
    expanded.push(config.expand(prepared, vectors.positions));
    if (prepared.grid) grids.push(prepared.grid);
    yield { type: 'progress', stage: 'pictures', step: index + 1, steps: pictures.length };
  }
  const prompt = expandPictures(tokens, config.imageToken.id, expanded);
  const room = (config.contextLength ?? Infinity) - prompt.length;
  if (room < 1) throw tooLong(prompt.length, config.contextLength!);
  const prepared = performance.now();
  const { generation, imageToken } = config;
  const limit = Math.min(room, request.maxTokens ?? generation.maxNewTokens ?? usualNewTokens);
  const settings = generationSettings(request, { ...generation, suppressTokens: [...generation.suppressTokens, imageToken.id] }, limit);
  const sequence = graphs.decoder.start(undefined, withPictures(graphs, config.imageToken.id, seen), config.merge === undefined ? undefined : ropePositions(prompt, config.imageToken.id, grids, config.merge));
  const pieces = textOfTokens(generateTokens(sequence, prompt, settings, signal), new TextStream(tokenizer), request.stopSequences);
  let first: number | undefined;
  let piece = await pieces.next();
  for (; !piece.done; piece = await pieces.next()) {
    first ??= performance.now();
    yield { type: 'text', token: piece.value.text };
  }
  const { text, tokens: made, finishReason } = piece.value;
  const end = performance.now();
  return {
    text,
    finishReason,
    usage: { promptTokens: prompt.length, completionTokens: made, totalTokens: prompt.length + made },
    seed: settings.sampling?.seed,
    timing: { prepare: prepared - begun, prompt: (first ?? end) - prepared, decode: end - (first ?? end) },
  };
}

/** Vectors of tokens, with those of the pictures in the places of their tokens, in order. */
function withPictures(graphs: MultimodalGraphs, imageToken: number, seen: readonly PictureVectors[]): Embedder {
  const rows = seen.flatMap(({ data, positions }) => Array.from({ length: positions }, (_, index) => ({ data, index, size: data.length / positions })));
  let next = 0;
  return async (ids, _position, signal) => {
    const vectors = await graphs.embedTokens(ids, signal);
    if (next === rows.length || !ids.includes(imageToken)) return vectors;
    const data = Float32Array.from(toFloat32(vectors));
    ids.forEach((id, place) => {
      const row = id === imageToken ? rows[next++] : undefined;
      if (row) data.set(row.data.subarray(row.index * row.size, (row.index + 1) * row.size), place * row.size);
    });
    return { dtype: 'float32', shape: vectors.shape, data };
  };
}

function tooLong(tokens: number, limit: number): LlmiError {
  return new LlmiError('CONTEXT_LENGTH_EXCEEDED', { message: `The conversation has ${tokens} tokens; the model reads ${limit} with its answer.`, hint: 'Shorten it, or send fewer pictures.', param: 'messages' });
}
