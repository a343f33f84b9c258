import assert from 'node:assert/strict';
import { BaseHandler, generateRequestSchema, modelCapabilitiesSchema, modelRequirementsSchema, parseInput } from '@llmi/core';
import type { ModelCheck } from '../check.js';
import { assertJson } from '../assertions.js';

/** The guide's methods: all that BaseHandler has. */
const methodNames = Object.getOwnPropertyNames(BaseHandler.prototype).filter((name) => /^(generate|process|embed|get|apply|validate|estimate|resolve)/.test(name));
const required = ['getDependencies', 'getSystemDependencies', 'analyze', 'loadModel', 'getInferenceParams', 'getTrainingParams', 'validateModelFiles'];

export const methodChecks: ModelCheck[] = [
  {
    item: 'baseHandler',
    name: 'create() makes a BaseHandler of the model',
    async run(subject) {
      const info = await subject.info();
      const handler = await subject.create();
      const missing = [...required, ...methodNames].filter((name) => typeof (handler as unknown as Record<string, unknown>)[name] !== 'function');
      assert.deepEqual(missing, [], 'These methods are missing: extend BaseHandler of @llmi/core.');
      assert.deepEqual([handler.model, handler.modelId], [info, info.id], 'Pass the facts on: constructor(model) { super(model) }.');
    },
  },
  {
    item: 'methods',
    name: 'the facts it gets stay as they are',
    async run(subject) {
      const info = await subject.info();
      const frozen = deepFreeze(structuredClone(info));
      const handler = await subject.create(frozen);
      await handler.analyze();
      handler.getModelCapabilities();
      handler.getInferenceParams();
      const copy = await subject.create(JSON.parse(JSON.stringify(info)) as typeof info);
      assert.deepEqual(await copy.analyze(), await handler.analyze(), 'The same facts after JSON give other requirements.');
    },
  },
  {
    item: 'methods',
    name: 'getDependencies() and getSystemDependencies() are lists of the contract',
    async run(subject) {
      const handler = await subject.create();
      modelRequirementsSchema.shape.baseDependencies.parse(handler.getDependencies());
      modelRequirementsSchema.shape.systemDependencies.parse(handler.getSystemDependencies());
      assertJson([handler.getDependencies(), handler.getSystemDependencies()], 'What it depends on');
    },
  },
  {
    item: 'methods',
    name: 'getInferenceParams() are request fields that it accepts',
    async run(subject) {
      const handler = await subject.create();
      const params = parseInput(generateRequestSchema, handler.getInferenceParams());
      for (const request of subject.spec.requests) {
        const verdict = handler.validateInputs({ ...params, ...request });
        assert.ok(verdict.ok, `Its own defaults are refused: ${verdict.ok ? '' : verdict.error}`);
      }
    },
  },
  {
    item: 'methods',
    name: 'getTrainingParams() can be trained with',
    async run(subject) {
      const params = (await subject.create()).getTrainingParams();
      for (const field of ['learningRate', 'batchSize', 'gradientAccumulationSteps', 'epochs', 'maxSequenceLength'] as const) {
        assert.ok(Number.isFinite(params[field]) && params[field] > 0, `${field} is ${params[field]}.`);
      }
      for (const field of ['warmupRatio', 'weightDecay'] as const) assert.ok(params[field] >= 0 && params[field] <= 1, `${field} is ${params[field]}.`);
      if (params.method === 'lora') assert.ok((params.loraRank ?? 0) > 0 && (params.loraTargetModules ?? []).length > 0, 'method "lora" needs loraRank and loraTargetModules.');
    },
  },
  {
    item: 'capabilities',
    name: 'getModelCapabilities() is of the contract',
    async run(subject) {
      const handler = await subject.create();
      const capabilities = handler.getModelCapabilities();
      modelCapabilitiesSchema.parse(capabilities);
      assertJson(capabilities, 'getModelCapabilities()');
      assert.deepEqual(capabilities.supportedModes, handler.getSupportedModes(), 'supportedModes differ from getSupportedModes().');
      assert.ok(capabilities.inputModalities.length > 0 && capabilities.outputModalities.length > 0, 'It takes nothing, or gives nothing.');
    },
  },
  {
    item: 'methods',
    name: 'getOptimalDevice() chooses among the devices there are',
    async run(subject) {
      const handler = await subject.create();
      assert.equal(handler.getOptimalDevice(['cpu']), 'cpu');
      assert.ok(['cpu', 'cuda'].includes(handler.getOptimalDevice(['cpu', 'cuda'])), 'It chooses a device that is not offered.');
    },
  },
  {
    item: 'notes',
    name: 'getInstallationNotes() are notes by subject',
    async run(subject) {
      for (const [about, note] of Object.entries((await subject.create()).getInstallationNotes())) {
        assert.ok(typeof note === 'string' && note.trim().length > 0, `The note on ${about} is empty.`);
      }
    },
  },
];

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
