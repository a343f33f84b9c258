import assert from 'node:assert/strict';
import type { GenerateEvent } from '@llmi/core';
import type { ModelCheck } from '../check.js';
import { notApplicable } from '../check.js';
import { answerOf, cancelAfterFirst, eventsOf } from '../model-under-test.js';
import { assertSameAnswer, rejection } from '../assertions.js';

/** An event that was already on its way when the signal came. */
const eventsUnderWay = 1;

export const cancelChecks: ModelCheck[] = [
  {
    item: 'generation',
    name: 'a request that was cancelled before it began rejects with the reason',
    async run(subject) {
      const { model } = await subject.loaded();
      const reason = new Error('nobody waits for it');
      const error = await rejection(eventsOf(model, subject.spec.requests[0], AbortSignal.abort(reason)), 'A request with an aborted signal');
      assert.equal(error, reason, 'It rejects with something else than signal.reason.');
    },
  },
  {
    item: 'generation',
    name: 'cancelling stops within one step, with the reason',
    async run(subject) {
      const { model } = await subject.loaded();
      const request = subject.spec.longRequest ?? subject.spec.requests[0];
      const steps = (await eventsOf(model, request)).length;
      if (steps < eventsUnderWay + 3) return notApplicable(`its longRequest takes ${steps} events; give one that takes ${eventsUnderWay + 3} or more`);
      const controller = new AbortController();
      const reason = new Error('the client went away');
      const late: GenerateEvent[] = [];
      const goingOn = (async () => {
        for await (const event of model.generate(request, { signal: controller.signal })) {
          if (controller.signal.aborted) late.push(event);
          else controller.abort(reason);
        }
      })();
      assert.equal(await rejection(goingOn, `A request that was cancelled after its first event, with ${steps} to come,`), reason, 'It rejects with something else than signal.reason.');
      assert.ok(late.length <= eventsUnderWay, `${late.length} events came after it was cancelled: call signal?.throwIfAborted() between steps.`);
      return undefined;
    },
  },
  {
    item: 'generation',
    name: 'after a request that was cancelled, the model answers as before',
    async run(subject) {
      const { model } = await subject.load(); // one that no check has cancelled before
      try {
        const request = await subject.repeatableRequest();
        const expected = await answerOf(model, request);
        const controller = new AbortController();
        const error = await cancelAfterFirst(model, subject.spec.longRequest ?? request, controller);
        if (error !== undefined) assert.equal(error, controller.signal.reason, 'It rejects with something else than signal.reason.');
        assertSameAnswer(await answerOf(model, request), expected, 'After a cancelled request it answers differently:');
      } finally {
        await model[Symbol.asyncDispose]();
      }
    },
  },
];
