import assert from 'node:assert/strict';
import { collect, generateEventSchema, type GenerateEvent } from '@llmi/core';
import type { ModelCheck } from '../check.js';
import { notApplicable } from '../check.js';
import { answerOf, eventsOf } from '../model-under-test.js';
import { assertJson, assertSameAnswer } from '../assertions.js';
import { withoutPrinting } from '../without-printing.js';

export const streamChecks: ModelCheck[] = [
  {
    item: 'generation',
    name: 'a stream ends with one "done", and nothing comes behind it',
    async run(subject) {
      const { model } = await subject.loaded();
      for (const request of subject.spec.requests) {
        const types = (await eventsOf(model, request)).map(({ type }) => type);
        assert.equal(types.filter((type) => type === 'done').length, 1, `The stream has ${types.filter((type) => type === 'done').length} "done" events.`);
        assert.equal(types.at(-1), 'done', `A "${types.at(-1)}" event comes after "done".`);
      }
    },
  },
  {
    item: 'generation',
    name: 'every event is of the contract, and plain JSON',
    async run(subject) {
      const { model } = await subject.loaded();
      for (const request of subject.spec.requests) {
        for (const event of await eventsOf(model, request)) {
          const parsed = generateEventSchema.safeParse(event);
          assert.ok(parsed.success, `A "${event.type}" event is not of the contract: ${parsed.error?.issues[0]?.path.join('.')} ${parsed.error?.issues[0]?.message}`);
          assertJson(event, `A "${event.type}" event`);
        }
      }
    },
  },
  {
    item: 'generation',
    name: 'events come in order: progress goes up, parts are numbered',
    async run(subject) {
      const { model } = await subject.loaded();
      for (const request of subject.spec.requests) assertOrder(await eventsOf(model, request));
    },
  },
  {
    item: 'generation',
    name: 'the tokens of a stream are the text of its answer',
    async run(subject) {
      const { handler, model } = await subject.loaded();
      let texts = 0;
      for (const request of subject.spec.requests) {
        const events = await eventsOf(model, request);
        const done = events.at(-1);
        if (done?.type !== 'done' || !('text' in done.result) || done.result.type === 'transcription') continue;
        texts++;
        const { text, reasoning = '' } = done.result as { text: string; reasoning?: string };
        assert.equal(done.fullText, text, '"done" without fullText: make it with doneEvent().');
        if (!handler.getModelCapabilities().supportsStreaming) continue;
        assert.equal(joined(events, 'text'), text);
        assert.equal(joined(events, 'reasoning'), reasoning);
      }
      return texts === 0 ? notApplicable('it answers with no text') : undefined;
    },
  },
  {
    item: 'generation',
    name: 'a stream that is left early ends its work',
    async run(subject) {
      const { model } = await subject.loaded();
      const request = await subject.repeatableRequest();
      const expected = await answerOf(model, request);
      for (let count = 0; count <= model.info.parallel; count++) {
        for await (const _event of model.generate(request)) break;
      }
      assertSameAnswer(await answerOf(model, request), expected, 'After streams that were left it answers differently:');
    },
  },
  {
    item: 'generation',
    name: 'the methods of BaseHandler fold the same stream',
    async run(subject) {
      const { handler, model } = await subject.loaded();
      const request = await subject.repeatableRequest();
      assertSameAnswer(await collect(handler.generateStream(request, { model })), await answerOf(model, request), 'generateStream() answers differently:');
    },
  },
  {
    item: 'logging',
    name: 'loading and answering print nothing',
    async run(subject) {
      const printed = await withoutPrinting(async () => {
        const { model } = await subject.load();
        await eventsOf(model, subject.spec.requests[0]);
        await model[Symbol.asyncDispose]();
      });
      assert.deepEqual(printed, [], 'A library prints nothing: yield a progress event, or throw.');
    },
  },
];

function joined(events: GenerateEvent[], type: 'text' | 'reasoning'): string {
  return events.map((event) => (event.type === type ? event.token : '')).join('');
}

function assertOrder(events: GenerateEvent[]): void {
  const last = { progress: { stage: '', step: -1 }, image: -1, audio: -1, tool_call: -1 };
  for (const event of events) {
    switch (event.type) {
      case 'progress':
        assert.ok(event.step >= 0 && event.step <= event.steps, `Step ${event.step} of ${event.steps} in stage "${event.stage}".`);
        assert.ok(event.stage !== last.progress.stage || event.step >= last.progress.step, `Stage "${event.stage}" goes back from step ${last.progress.step} to ${event.step}.`);
        last.progress = event;
        break;
      case 'image':
      case 'audio':
      case 'tool_call':
        assert.ok(event.index >= last[event.type], `${event.type} ${event.index} comes after ${last[event.type]}.`);
        last[event.type] = event.index;
        break;
      case 'text':
      case 'reasoning':
        assert.ok(event.token.length > 0, `An empty ${event.type} event.`);
        break;
      case 'done':
        break;
    }
  }
}
