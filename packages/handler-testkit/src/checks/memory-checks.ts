import assert from 'node:assert/strict';
import { chosenFiles } from '@llmi/core';
import type { ModelCheck } from '../check.js';
import type { ModelUnderTest } from '../model-under-test.js';
import { eventsOf } from '../model-under-test.js';
import { assertTyped, rejection } from '../assertions.js';
import { collectGarbage } from '../collect-garbage.js';

/** Loads before measuring: libraries, thread pools and allocators take their share once. */
const warmUps = 3;
const repetitions = 10;
/** What allocators keep comes to an end, a leak goes on: it shows in each of so many rounds of repetitions. */
const rounds = 4;
/** What a load may leave behind on average: a tenth of the model's files, and 2 MiB for what allocators keep. */
const leftBehindBytes = (fileBytes: number) => 2 * 2 ** 20 + fileBytes / 10;

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

export const memoryChecks: ModelCheck[] = [
  {
    item: 'memory',
    name: 'disposing twice is fine, and a disposed model says so',
    async run(subject) {
      const { model } = await subject.load();
      await model[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
      const error = await rejection(eventsOf(model, subject.spec.requests[0]), 'A request to a disposed model');
      assertTyped(error, 'a request to a disposed model');
      assert.equal(error.code, 'MODEL_DISPOSED');
    },
  },
  {
    item: 'memory',
    name: 'disposing while it works ends the work',
    async run(subject) {
      const { model } = await subject.load();
      const stream = model.generate(subject.spec.longRequest ?? subject.spec.requests[0])[Symbol.asyncIterator]();
      await stream.next();
      const disposal = model[Symbol.asyncDispose]();
      const rest = (async () => {
        while (!(await stream.next()).done);
      })();
      await rest.catch((error: unknown) => assertTyped(error, 'a request whose model was disposed of'));
      await disposal;
    },
  },
  {
    item: 'memory',
    name: `${repetitions} times loaded, used and disposed of, it leaves at most 2 MiB and a tenth of its files each time`,
    async run(subject) {
      await measure(subject, async () => {
        const { model } = await subject.load();
        await eventsOf(model, subject.spec.requests[0]);
        await model[Symbol.asyncDispose]();
      });
    },
  },
  {
    item: 'errors',
    name: `${repetitions} loads that fail leave nothing behind`,
    async run(subject) {
      const handler = await subject.create();
      const signal = AbortSignal.abort();
      await measure(subject, () => handler.loadModel(subject.spec.path, { ...subject.spec.load, signal }).catch(() => undefined));
    },
  },
];

/** Fails when the process grows by more than the bound in every round. The measure is the resident set size after garbage collection. */
async function measure(subject: ModelUnderTest, work: () => Promise<unknown>): Promise<void> {
  for (let count = 0; count < warmUps; count++) await work();
  const fileBytes = chosenFiles(await subject.info()).reduce((sum, file) => sum + file.sizeBytes, 0);
  const allowed = repetitions * leftBehindBytes(fileBytes);
  const grown: number[] = [];
  do {
    await collectGarbage();
    const before = process.memoryUsage.rss();
    for (let count = 0; count < repetitions; count++) await work();
    await collectGarbage();
    grown.push(process.memoryUsage.rss() - before);
  } while (grown.at(-1)! > allowed && grown.length < rounds);
  assert.ok(grown.at(-1)! <= allowed, `The process grew by ${grown.map(megabytes).join(', then ')} MB over ${repetitions} repetitions each; ${megabytes(allowed)} MB are allowed.`);
}
