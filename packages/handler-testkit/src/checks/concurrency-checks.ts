import assert from 'node:assert/strict';
import type { ModelCheck } from '../check.js';
import { answerOf, cancelAfterFirst } from '../model-under-test.js';
import { assertSameAnswer } from '../assertions.js';

/** Requests at once: more than the model works on at the same time, and not more than a small machine bears. */
const crowd = (parallel: number) => Math.min(Math.max(parallel + 1, 2), 6);

export const concurrencyChecks: ModelCheck[] = [
  {
    item: 'generation',
    name: 'requests at the same time have the answers they have alone',
    async run(subject) {
      const { model } = await subject.loaded();
      const all = await Promise.all(subject.spec.requests.map((request) => subject.repeatable(request)));
      const requests = Array.from({ length: crowd(model.info.parallel) }, (_, index) => all[index % all.length]!);
      const alone: unknown[] = [];
      for (const request of requests) alone.push(await answerOf(model, request));
      const together = await Promise.all(requests.map((request) => answerOf(model, request)));
      for (const [index, answer] of together.entries()) assertSameAnswer(answer, alone[index], 'Among others it answers differently:');
    },
  },
  {
    item: 'generation',
    name: 'a request that is cancelled takes no other with it',
    async run(subject) {
      const { model } = await subject.loaded();
      const request = await subject.repeatableRequest();
      const expected = await answerOf(model, request);
      const cancelled = cancelAfterFirst(model, subject.spec.longRequest ?? request, new AbortController());
      const [answer] = await Promise.all([answerOf(model, request), cancelled]);
      assertSameAnswer(answer, expected, 'Beside a cancelled request it answers differently:');
    },
  },
  {
    item: 'memory',
    name: 'two loaded models are two: one lives on when the other is disposed of',
    async run(subject) {
      const [first, second] = [await subject.load(), await subject.load()];
      try {
        const request = await subject.repeatableRequest();
        const expected = await answerOf(first.model, request);
        await first.model[Symbol.asyncDispose]();
        assertSameAnswer(await answerOf(second.model, request), expected, 'The second model answers differently:');
      } finally {
        await first.model[Symbol.asyncDispose]();
        await second.model[Symbol.asyncDispose]();
      }
      assert.notEqual(first.model, second.model, 'Both loads gave the same object.');
    },
  },
];
