import assert from 'node:assert/strict';
import { generateRequestSchema, parseInput } from '@llmi/core';
import type { ModelCheck } from '../check.js';
import { eventsOf } from '../model-under-test.js';
import { assertTyped, rejection } from '../assertions.js';

const noSuchMode = 'no-such-mode';

export const modeChecks: ModelCheck[] = [
  {
    item: 'generation',
    name: 'its modes are described, "auto" among them',
    async run(subject) {
      const handler = await subject.create();
      const descriptions = handler.getModeDescriptions();
      assert.deepEqual([...handler.getSupportedModes()].sort(), Object.keys(descriptions).sort(), 'getSupportedModes() and getModeDescriptions() name different modes.');
      assert.ok('auto' in descriptions, 'The mode "auto" is missing: it is what a request without a mode gets.');
      for (const [mode, text] of Object.entries(descriptions)) assert.ok(text.trim().length > 0, `Mode "${mode}" has no description.`);
    },
  },
  {
    item: 'generation',
    name: 'a mode fills in request fields, and never replaces what was asked for',
    async run(subject) {
      const handler = await subject.create();
      for (const mode of handler.getSupportedModes()) {
        const preset = parseInput(generateRequestSchema, handler.applyModeSettings(mode, {}));
        const asked = { ...preset, temperature: 0.123, maxTokens: 3 };
        assert.deepEqual(handler.applyModeSettings(mode, asked), asked, `Mode "${mode}" replaces settings that were given.`);
      }
    },
  },
  {
    item: 'generation',
    name: 'it answers in each of its modes',
    async run(subject) {
      const { handler, model } = await subject.loaded();
      for (const mode of handler.getSupportedModes()) {
        const request = { ...subject.spec.requests[0], mode };
        const verdict = handler.validateInputs(request);
        if (!verdict.ok) continue; // a mode may want other inputs
        const last = (await eventsOf(model, request)).at(-1);
        assert.equal(last?.type, 'done', `In mode "${mode}" it does not answer.`);
      }
    },
  },
  {
    item: 'errors',
    name: 'an unknown mode or task is refused by name',
    async run(subject) {
      const { handler, model } = await subject.loaded();
      const request = subject.spec.requests[0];
      for (const [field, bad] of [['mode', noSuchMode], ['task', 'no-such-task']] as const) {
        const verdict = handler.validateInputs({ ...request, [field]: bad });
        assert.ok(!verdict.ok, `${field} "${bad}" is accepted.`);
        assert.equal(verdict.param, field);
        assert.ok((verdict.hint ?? '').length > 0, `The refusal of ${field} "${bad}" does not say what there is.`);
      }
      assertTyped(await rejection(eventsOf(model, { ...request, mode: noSuchMode }), `Mode "${noSuchMode}"`), `mode "${noSuchMode}"`);
    },
  },
];
