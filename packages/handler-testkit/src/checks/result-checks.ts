import assert from 'node:assert/strict';
import { generateResultSchema, type GenerateResult, type ModelCapabilities, type ResultType } from '@llmi/core';
import type { ModelCheck } from '../check.js';
import { answerOf } from '../model-under-test.js';
import { assertJson, assertSameAnswer } from '../assertions.js';

type OutputModality = ModelCapabilities['outputModalities'][number];

/** What each kind of answer is called among the output modalities. */
const modalities: Record<ResultType, OutputModality[]> = {
  text: ['text'],
  multimodal_response: ['text', 'image'],
  transcription: ['text'],
  answer: ['text'],
  tokens: ['text', 'label'],
  image: ['image'],
  depth: ['image'],
  segmentation: ['image', 'label'],
  video: ['video'],
  audio: ['audio'],
  embedding: ['embedding'],
  rerank: ['embedding', 'label'],
  classification: ['label'],
  detection: ['label'],
  forecast: ['tensor'],
  tensors: ['tensor'],
};

export const resultChecks: ModelCheck[] = [
  {
    item: 'responses',
    name: 'answers are of the contract, and plain JSON',
    async run(subject) {
      const { model } = await subject.loaded();
      for (const request of subject.spec.requests) {
        const answer = await answerOf(model, request);
        const parsed = generateResultSchema.safeParse(answer);
        assert.ok(parsed.success, `The answer is not of the contract: ${parsed.error?.issues[0]?.path.join('.')} ${parsed.error?.issues[0]?.message}`);
        assert.deepEqual(parsed.data, answer, 'The answer has fields that its type does not have.');
        assertJson(answer, 'The answer');
      }
    },
  },
  {
    item: 'responses',
    name: 'usage adds up',
    async run(subject) {
      const { model } = await subject.loaded();
      for (const request of subject.spec.requests) {
        const { usage } = (await answerOf(model, request)) as Extract<GenerateResult, { usage?: unknown }>;
        if (!usage) continue;
        assert.equal(usage.totalTokens, usage.promptTokens + usage.completionTokens, 'totalTokens is not promptTokens + completionTokens.');
        assert.ok(usage.promptTokens >= 0 && usage.completionTokens >= 0, 'Less than no tokens.');
      }
    },
  },
  {
    item: 'responses',
    name: 'the same request with the same seed has the same answer',
    async run(subject) {
      const { model } = await subject.loaded();
      for (const request of subject.spec.requests) {
        const repeatable = await subject.repeatable(request);
        const first = (await answerOf(model, repeatable)) as { seed?: number };
        assertSameAnswer(await answerOf(model, repeatable), first, 'The second time it answers differently:');
        if (repeatable.seed !== undefined && first.seed !== undefined) assert.equal(first.seed, repeatable.seed, 'The answer reports another seed than was asked for.');
      }
    },
  },
  {
    item: 'capabilities',
    name: 'what it answers is among its output modalities',
    async run(subject) {
      const { handler, model } = await subject.loaded();
      const { outputModalities, embeddingDimensions } = handler.getModelCapabilities();
      for (const request of subject.spec.requests) {
        const answer = (await answerOf(model, request)) as GenerateResult;
        assert.ok(modalities[answer.type].some((modality) => outputModalities.includes(modality)), `It answers with "${answer.type}", and declares ${outputModalities.join(', ')}.`);
        if (answer.type === 'embedding' && embeddingDimensions !== undefined && request.dimensions === undefined) assert.equal(answer.dimensions, embeddingDimensions);
      }
    },
  },
  {
    item: 'responses',
    name: 'vectors are as long as they say, one for each text',
    async run(subject) {
      const { model } = await subject.loaded();
      for (const request of subject.spec.requests) {
        const answer = (await answerOf(model, request)) as GenerateResult;
        if (answer.type !== 'embedding') continue;
        for (const vector of answer.embeddings) assert.equal(vector.length, answer.dimensions);
        if (request.texts) assert.equal(answer.embeddings.length, request.texts.length);
      }
    },
  },
];
