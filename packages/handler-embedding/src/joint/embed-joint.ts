import { doneEvent, LlmiError, type GenerateEvent } from '@llmi/core';
import { makeBatches } from '../batches.js';
import { finishVector } from '../finish-vector.js';
import { quantizeVectors } from '../quantize-vectors.js';
import type { TextTokenizer } from '../tokenizer/text-tokenizer.js';
import type { JointSettings } from './joint-settings.js';
import type { JointOptions } from './options.js';
import { prepareImage } from './prepare-image.js';
import type { Towers } from './towers.js';

/** Everything that makes vectors of texts and pictures, in memory. */
export interface JointEmbedder {
  tokenizer: TextTokenizer;
  towers: Towers;
  settings: JointSettings;
}

/** Pictures that are looked at together: enough to fill the cores, few enough to report progress. */
export const imagesPerBatch = 8;

/**
 * Embeds texts, then pictures, each in the order they came, in one list. Stops between batches.
 * @throws {LlmiError} CONTEXT_LENGTH_EXCEEDED, INPUT_INVALID, UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, MODEL_FILE_CORRUPT, MODEL_DISPOSED
 */
export async function* embedJoint(embedder: JointEmbedder, options: JointOptions, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
  const started = performance.now();
  const { settings, tokenizer, towers } = embedder;
  const encoded = options.texts.map((text) => tokenizer.encode(text, '', settings.maxTokens));
  const long = encoded.findIndex(({ fullLength }) => fullLength > settings.maxTokens);
  if (!options.truncate && long >= 0) throw tooLong(long, encoded[long]!.fullLength, settings.maxTokens);
  const texts = makeBatches(encoded.map(({ ids }) => (settings.padsToEnd ? settings.maxTokens : ids.length)));
  const images = Array.from({ length: Math.ceil(options.images.length / imagesPerBatch) }, (_, batch) => batch * imagesPerBatch);
  const vectors: Float32Array[] = new Array(options.texts.length);
  const steps = texts.length + images.length;
  let step = 0;
  for (const batch of texts) {
    signal?.throwIfAborted();
    const made = await towers.readText!(batch.map((index) => encoded[index]!), tokenizer.padId, settings.padsToEnd ? settings.maxTokens : undefined, signal);
    batch.forEach((index, row) => (vectors[index] = finishVector(made[row]!, options)));
    if (steps > 1) yield { type: 'progress', stage: 'embed', step: ++step, steps };
  }
  for (const start of images) {
    const prepared = [];
    for (const [offset, image] of options.images.slice(start, start + imagesPerBatch).entries()) {
      signal?.throwIfAborted();
      prepared.push(await prepareImage(image, settings.plan!, `images[${start + offset}]`, signal));
    }
    const made = await towers.lookAt!(prepared, signal);
    vectors.push(...made.map((vector) => finishVector(vector, options)));
    if (steps > 1) yield { type: 'progress', stage: 'embed', step: ++step, steps };
  }
  signal?.throwIfAborted();
  const { embeddings, ranges } = quantizeVectors(vectors, options.precision, options.ranges);
  const promptTokens = encoded.reduce((sum, { ids }) => sum + ids.length, 0);
  const truncated = encoded.flatMap(({ ids, fullLength }, index) => (fullLength > ids.length ? [index] : []));
  yield doneEvent(
    {
      type: 'embedding',
      embeddings,
      dimensions: embeddings[0]!.length,
      usage: { promptTokens, completionTokens: 0, totalTokens: promptTokens },
      ...(truncated.length > 0 ? { truncated } : {}),
      ...(ranges ? { ranges } : {}),
    },
    { embed: performance.now() - started },
  );
}

function tooLong(index: number, tokens: number, maxTokens: number): LlmiError {
  return new LlmiError('CONTEXT_LENGTH_EXCEEDED', {
    message: `Text ${index} has ${tokens} tokens; this model takes ${maxTokens}.`,
    hint: 'Shorten or split it, or leave "truncate" out to have it cut.',
    param: `texts[${index}]`,
  });
}
