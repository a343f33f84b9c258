import assert from 'node:assert/strict';
import { matchManifest, modelInfoSchema } from '@llmi/core';
import type { ModelCheck } from '../check.js';

/** A model of no kind: whoever takes it takes everything. */
const stranger = modelInfoSchema.parse({
  id: 'nobody/nothing',
  source: 'hub',
  modelType: 'no-such-type',
  architectures: ['NoSuchArchitecture'],
  pipelineTag: 'no-such-task',
  files: [{ path: 'config.json', sizeBytes: 2 }],
  json: { 'config.json': {} },
});

export const manifestChecks: ModelCheck[] = [
  {
    item: 'manifest',
    name: 'its manifest takes the model',
    async run(subject) {
      const info = await subject.info();
      const verdict = matchManifest(await subject.handlerPackage.manifest(), info);
      assert.ok(verdict.taken, `The manifest does not take the model: ${verdict.refusal ?? 'no pattern of "match" fits its facts'}.`);
      assert.notEqual(subject.handlerPackage.definition.matches?.(info), false, 'matches() declines the model.');
    },
  },
  {
    item: 'manifest',
    name: 'a model of no kind is not taken',
    async run(subject) {
      const { taken, reasons } = matchManifest(await subject.handlerPackage.manifest(), stranger);
      const declined = taken && subject.handlerPackage.definition.matches?.(stranger) === false;
      assert.ok(!taken || declined, `It takes a model of no kind, by ${reasons[0]?.kind} "${reasons[0]?.pattern}": narrow the pattern.`);
    },
  },
  {
    item: 'capabilities',
    name: 'its tasks are those of its manifest',
    async run(subject) {
      const { tasks } = await subject.handlerPackage.manifest();
      const own = (await subject.create()).getModelCapabilities().tasks;
      assert.ok(own.length > 0, 'getModelCapabilities() names no task.');
      assert.deepEqual(own.filter((task) => !tasks.includes(task)), [], `These tasks of the model are not in the manifest (${tasks.join(', ')}).`);
    },
  },
];
