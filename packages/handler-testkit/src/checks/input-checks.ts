import assert from 'node:assert/strict';
import { fromWire, generateRequestSchema, toWire, type GenerateRequest } from '@llmi/core';
import type { ModelCheck } from '../check.js';
import { answerOf, eventsOf } from '../model-under-test.js';
import { assertSameAnswer, assertTyped, rejection } from '../assertions.js';

/** What is no request at all. */
const nonsense: unknown[] = [undefined, null, 7, 'text', [], () => undefined];

export const inputChecks: ModelCheck[] = [
  {
    item: 'generation',
    name: 'validateInputs() accepts the requests, also after a way over the wire',
    async run(subject) {
      const handler = await subject.create();
      for (const request of [...subject.spec.requests, subject.spec.longRequest ?? subject.spec.requests[0]]) {
        const verdict = handler.validateInputs(request);
        assert.ok(verdict.ok, `A request is refused: ${verdict.ok ? '' : verdict.error}`);
        const wire: unknown = JSON.parse(JSON.stringify(toWire(generateRequestSchema, request)));
        assert.deepEqual(fromWire(generateRequestSchema, wire), request);
      }
    },
  },
  {
    item: 'errors',
    name: 'validateInputs() refuses what is no request, without throwing',
    async run(subject) {
      const handler = await subject.create();
      for (const input of nonsense) {
        const verdict = handler.validateInputs(input);
        assert.ok(!verdict.ok, `${String(input)} is accepted.`);
        assert.ok(verdict.error.length > 0, `The refusal of ${String(input)} says nothing.`);
      }
    },
  },
  {
    item: 'errors',
    name: 'validateInputs() names the field that is wrong',
    async run(subject) {
      const handler = await subject.create();
      const request = subject.spec.requests[0];
      const broken: [field: string, request: object][] = [['noSuchField', { ...request, noSuchField: 1 }]];
      for (const field of Object.keys(request)) broken.push([field, { ...request, [field]: Symbol('no JSON') }]);
      for (const [field, input] of broken) {
        const verdict = handler.validateInputs(input);
        assert.ok(!verdict.ok, `A bad "${field}" is accepted.`);
        assert.ok(verdict.param?.startsWith(field), `A bad "${field}" is refused as "${verdict.param}".`);
        assert.ok((verdict.hint ?? '').length > 0, `The refusal of a bad "${field}" has no hint.`);
      }
    },
  },
  {
    item: 'errors',
    name: 'generate() refuses a request for nothing with a typed error, and goes on',
    async run(subject) {
      const { model } = await subject.loaded();
      const request = await subject.repeatableRequest();
      const before = await answerOf(model, request);
      assertTyped(await rejection(eventsOf(model, {}), 'A request for nothing'), 'a request for nothing');
      assertSameAnswer(await answerOf(model, request), before, 'After a bad request it answers differently:');
    },
  },
  {
    item: 'errors',
    name: 'a method before loading, and one for another kind of answer, fail with typed errors',
    async run(subject) {
      const request = subject.spec.requests[0];
      assertTyped(await rejection((await subject.create()).generateText(request), 'generateText() before loadModel()'), 'generateText() before loadModel()');
      const { handler, model } = await subject.loaded();
      const { type } = (await answerOf(model, request)) as { type: string };
      const other = type === 'video' ? handler.generateAudio.bind(handler) : handler.generateVideo.bind(handler);
      assertTyped(await rejection(other(request, { model }), 'A method for another kind of answer'), 'a method for another kind of answer');
    },
  },
  {
    item: 'errors',
    name: 'values that no model can mean are refused',
    async run(subject) {
      const { handler, model } = await subject.loaded();
      for (const input of [{ temperature: Number.NaN }, { maxTokens: -1 }, { topP: Infinity }] satisfies GenerateRequest[]) {
        const request = { ...subject.spec.requests[0], ...input };
        assert.ok(!handler.validateInputs(request).ok, `${JSON.stringify(Object.keys(input))} of no sense is accepted.`);
        assertTyped(await rejection(collectFrom(() => handler.generateStream(request, { model })), 'generateStream() with it'), 'a value of no sense');
      }
    },
  },
];

/** Goes through a stream; what its making throws counts as well. */
async function collectFrom(stream: () => AsyncIterable<unknown>): Promise<void> {
  for await (const _event of stream());
}
