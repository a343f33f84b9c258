import { doneEvent, type GenerateEvent, type GenerateRequest, type GenerateResult } from '@llmi/core';
import { FormData, type Response } from 'undici';
import type { RemoteEndpoint } from './endpoint.js';
import { asDataUrl, unsupported, withoutUndefined, type OpenaiKind } from './openai-request.js';
import { broken, usageOf } from './openai-text.js';

interface Call {
  endpoint: RemoteEndpoint;
  model: string;
  request: GenerateRequest;
  signal: AbortSignal | undefined;
}

type Ask = (call: Call) => Promise<GenerateResult>;

/** Everything that comes in one piece: vectors, rankings, pictures, sound, transcriptions. */
export async function* openaiAnswer(kind: Exclude<OpenaiKind, 'chat' | 'completions'>, call: Call): AsyncGenerator<GenerateEvent> {
  yield doneEvent(await asks[kind](call));
}

const asks: Record<Exclude<OpenaiKind, 'chat' | 'completions'>, Ask> = { embeddings: embed, rerank, image: makeImages, speech: speak, transcription: transcribe };

async function embed({ endpoint, model, request, signal }: Call): Promise<GenerateResult> {
  refuse(request, 'precision', 'ranges', 'chunkTokens', 'promptName', 'pooling', 'truncate');
  const body = withoutUndefined({ model, input: request.texts, dimensions: request.dimensions, encoding_format: 'float' });
  const { data, usage } = await json<{ data: { index: number; embedding: number[] }[]; usage?: Parameters<typeof usageOf>[0] }>(endpoint, await endpoint.send('/v1/embeddings', { body, signal }));
  if (!Array.isArray(data) || data.length !== request.texts!.length) throw broken(endpoint, 'It gave another number of vectors than there are texts.');
  const vectors = [...data].sort((left, right) => left.index - right.index).map(({ embedding }) => (request.normalize === true ? normalized(embedding) : embedding));
  return { type: 'embedding', embeddings: vectors, dimensions: vectors[0]?.length ?? 0, usage: usageOf(usage ?? {}) };
}

function normalized(vector: number[]): number[] {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

async function rerank({ endpoint, model, request: { query, documents, topN }, signal }: Call): Promise<GenerateResult> {
  const { results } = await json<{ results: { index: number; relevance_score?: number; score?: number }[] }>(
    endpoint,
    await endpoint.send('/v1/rerank', { body: withoutUndefined({ model, query, documents, top_n: topN }), signal }),
  );
  if (!Array.isArray(results)) throw broken(endpoint, 'Its ranking has no results.');
  const ranked = results.map(({ index, relevance_score: relevance, score }) => ({ index, score: relevance ?? score ?? 0, document: documents![index]! }));
  return { type: 'rerank', results: ranked.sort((left, right) => right.score - left.score) };
}

async function makeImages({ endpoint, model, request, signal }: Call): Promise<GenerateResult> {
  refuse(request, 'controlnetImage', 'latents', 'loras', 'clipSkip', 'scheduler');
  const { prompt = '', width, height, image, maskImage } = request;
  const fields = withoutUndefined({
    model,
    prompt,
    n: request.numImages,
    size: width && height ? `${width}x${height}` : undefined,
    response_format: 'b64_json',
    output_format: request.outputFormat,
    negative_prompt: request.negativePrompt,
    seed: request.seed,
    num_inference_steps: request.numInferenceSteps,
    guidance_scale: request.guidanceScale,
    strength: image === undefined ? undefined : request.strength,
  });
  const body = image === undefined ? fields : form(fields, { image, ...(maskImage === undefined ? {} : { mask: maskImage }) });
  const { data } = await json<{ data: { b64_json?: string }[] }>(endpoint, await endpoint.send(image === undefined ? '/v1/images/generations' : '/v1/images/edits', { body, signal }));
  const images = (data ?? []).flatMap(({ b64_json: picture }) => (picture === undefined ? [] : [picture]));
  if (images.length === 0) throw broken(endpoint, 'It gave no picture as base64.');
  return { type: 'image', image: images[0]!, images, metadata: {}, ...(request.seed === undefined ? {} : { seed: request.seed }) };
}

async function speak({ endpoint, model, request: { prompt, voice, audioFormat, speed }, signal }: Call): Promise<GenerateResult> {
  const response = await endpoint.send('/v1/audio/speech', { body: withoutUndefined({ model, input: prompt ?? '', voice, response_format: audioFormat, speed }), signal });
  const sound = await wholeBody(endpoint, response);
  return { type: 'audio', audio: sound.toString('base64'), metadata: { mimeType: response.headers.get('content-type') ?? 'application/octet-stream' } };
}

async function transcribe({ endpoint, model, request, signal }: Call): Promise<GenerateResult> {
  const { audio, language, prompt, temperature, timestamps, translate } = request;
  const fields = withoutUndefined({ model, language, prompt, temperature, response_format: 'verbose_json' });
  const body = form(fields, { file: audio! });
  if (timestamps === 'word') for (const kind of ['word', 'segment']) body.append('timestamp_granularities[]', kind);
  const heard = await json<{ text: string; language?: string; duration?: number; segments?: { start: number; end: number; text: string }[]; words?: { start: number; end: number; word: string }[] }>(
    endpoint,
    await endpoint.send(translate ? '/v1/audio/translations' : '/v1/audio/transcriptions', { body, signal }),
  );
  const segments = (heard.segments ?? []).map(({ start, end, text }) => ({
    start,
    end,
    text,
    ...(heard.words ? { words: heard.words.filter((word) => word.start >= start && word.start < end) } : {}),
  }));
  return { type: 'transcription', text: heard.text, segments, duration: heard.duration ?? segments.at(-1)?.end ?? 0, ...(heard.language ? { language: heard.language } : {}) };
}

/** Fields that OpenAI's routes have no place for. @throws {LlmiError} INPUT_UNSUPPORTED */
function refuse(request: GenerateRequest, ...fields: (keyof GenerateRequest)[]): void {
  const found = fields.find((field) => request[field] !== undefined);
  if (found) throw unsupported(found.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), 'A remote engine does not take this field.');
}

function form(fields: object, files: Record<string, string>): FormData {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.append(name, String(value));
  for (const [name, media] of Object.entries(files)) {
    const [head, data] = asDataUrl(media).split(',', 2) as [string, string];
    const type = head.slice('data:'.length).split(';')[0]!;
    made.append(name, new Blob([Buffer.from(data, 'base64')], { type }), `${name}.${type.split('/')[1]}`);
  }
  return made;
}

async function json<Body>(endpoint: RemoteEndpoint, response: Response): Promise<Body> {
  const text = (await wholeBody(endpoint, response)).toString();
  try {
    return JSON.parse(text) as Body;
  } catch {
    throw broken(endpoint, 'Its answer is no JSON.');
  }
}

async function wholeBody(endpoint: RemoteEndpoint, response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of endpoint.chunks(response, undefined)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
