import { doneEvent, type GenerateEvent, type GenerateResult } from '@llmi/core';
import { bytesOfBase64, decodeImage, readImageHeader } from '@llmi/media';
import type { ResolvedRequest } from './options.js';
import type { PreprocessPlan } from './preprocess/plan.js';
import { prepareImage, type PreparedImage } from './preprocess/prepare-image.js';
import type { BatchTask, ImageAnswer, PictureTask, VisionTask } from './tasks/vision-task.js';
import type { ExtraFeeds, VisionGraph } from './vision-graph.js';

/** Pictures of one run: more gain nothing on a CPU, and cost memory. */
const batchSize = 8;
/** Pixels of a batch that may be decoded at the same time: 100 MB. Of larger pictures only so many. */
const fewPixels = 33_000_000;
const largeAtOnce = 2;

/** A graph with one way to use it. */
export interface Looker {
  graph: VisionGraph;
  plan: PreprocessPlan;
  task: VisionTask;
}

/**
 * Answers a request: 1 decode and prepare, 2 run, 3 read the answer, batch by batch; the next batch is decoded while one runs. Stops
 * between steps.
 * @throws {LlmiError} UNSUPPORTED_MEDIA_TYPE, INPUT_INVALID, PAYLOAD_TOO_LARGE, MODEL_DISPOSED
 */
export async function* look(looker: Looker, request: ResolvedRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
  if ('process' in looker.task) yield* lookOneByOne(looker.plan, looker.task, request, signal);
  else yield* lookInBatches(looker, looker.task, request, signal);
}

async function* lookOneByOne(plan: PreprocessPlan, task: PictureTask, { images }: ResolvedRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
  const started = performance.now();
  const answers: ImageAnswer[] = [];
  for (const { text, param } of images) {
    answers.push(await task.process(await decodeImage(bytesOfBase64(text, param), { param, signal }), plan, signal));
    if (images.length > 1) yield { type: 'progress', stage: 'look', step: answers.length, steps: images.length };
  }
  yield doneEvent(resultOf(answers), { run: performance.now() - started });
}

async function* lookInBatches(looker: Looker, task: BatchTask, { images, options }: ResolvedRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
  const timing = { decode: 0, run: 0, answer: 0 };
  const { picture } = task;
  const keeps = picture === 'always' || (picture === 'drawing' && options.drawing !== undefined);
  const prepare = (start: number) => prepareAll(images.slice(start, start + batchSize), looker.plan, keeps, signal);
  const feeds = task.feeds?.(options) ?? {};
  const answers: ImageAnswer[] = [];
  let next = prepare(0);
  for (let start = 0; start < images.length; start += batchSize) {
    let mark = performance.now();
    const lap = (stage: keyof typeof timing) => {
      timing[stage] += performance.now() - mark;
      mark = performance.now();
    };
    const batch = await next;
    lap('decode');
    if (start + batchSize < images.length) {
      next = prepare(start + batchSize);
      next.catch(() => undefined); // awaited in the next round; until then it is no unhandled rejection
    }
    const outputs = await runBySize(looker.graph, task, batch, feeds, signal);
    lap('run');
    for (const [index, image] of batch.entries()) {
      signal?.throwIfAborted();
      answers.push(await task.answer(outputs[index]!, image, options));
    }
    lap('answer');
    if (images.length > batchSize) yield { type: 'progress', stage: 'look', step: answers.length, steps: images.length };
  }
  signal?.throwIfAborted();
  yield doneEvent(resultOf(answers), timing);
}

/** Small pictures are all given to the decoder, which then works on while the graph holds this thread; large ones are taken in turn. */
async function prepareAll(images: ResolvedRequest['images'], plan: PreprocessPlan, keepsPicture: boolean, signal?: AbortSignal): Promise<PreparedImage[]> {
  const files = await Promise.all(
    images.map(async ({ text, param }) => {
      const bytes = bytesOfBase64(text, param);
      return { bytes, param, header: await readImageHeader(bytes, { param }) };
    }),
  );
  const pixels = files.reduce((sum, { header }) => sum + header.width * header.height, 0);
  const prepared: PreparedImage[] = new Array(files.length);
  const rest = files.entries();
  const work = async () => {
    for (const [index, { bytes, param, header }] of rest) {
      signal?.throwIfAborted();
      prepared[index] = prepareImage(await decodeImage(bytes, { param, header, signal }), plan, keepsPicture);
    }
  };
  await Promise.all(Array.from({ length: pixels <= fewPixels ? files.length : largeAtOnce }, work));
  return prepared;
}

/** Pictures of one size go through the graph together: filling them up would change what it sees. */
async function runBySize(graph: VisionGraph, task: BatchTask, batch: readonly PreparedImage[], feeds: ExtraFeeds, signal?: AbortSignal) {
  const groups = new Map<string, number[]>();
  for (const [index, { width, height }] of batch.entries()) {
    const key = `${width} ${height}`;
    groups.set(key, [...(groups.get(key) ?? []), index]);
  }
  const outputs = new Array<Awaited<ReturnType<VisionGraph['run']>>[number]>(batch.length);
  for (const indices of groups.values()) {
    const together = task.onePicture || task.see ? 1 : indices.length;
    for (let from = 0; from < indices.length; from += together) {
      const some = indices.slice(from, from + together);
      const results = task.see ? [await task.see(batch[some[0]!]!, signal)] : await graph.run(some.map((index) => batch[index]!), task.outputs, feeds, signal);
      some.forEach((index, row) => (outputs[index] = results[row]!));
    }
  }
  return outputs;
}

/** One picture's answer as it is; of several the first one's with all of them in `results`. */
function resultOf(answers: ImageAnswer[]): GenerateResult {
  const first = answers[0]!;
  switch (first.type) {
    case 'embedding': {
      const embeddings = answers.map((answer) => (answer as typeof first).embedding);
      return { type: 'embedding', embeddings, dimensions: first.embedding.length, usage: { promptTokens: 0, completionTokens: 0, totalTokens: 0 } };
    }
    case 'image': {
      const images = answers.map((answer) => (answer as typeof first).image);
      return { type: 'image', image: first.image, images, metadata: { width: first.width, height: first.height, format: 'png' } };
    }
    case 'classification':
    case 'detection':
    case 'segmentation':
    case 'depth': {
      if (answers.length === 1) return first;
      const results = answers.map(({ type: _, ...answer }) => answer);
      return { ...first, results } as GenerateResult;
    }
  }
}
