import assert from 'node:assert';
import test from 'node:test';
import { modelInfoSchema } from '@llmi/core';
import markov from './index.js';

test('the same seed tells the same', async () => {
  const handler = markov.create(modelInfoSchema.parse({ id: 'me/markov', source: 'folder', files: [{ path: 'markov.json', sizeBytes: 307 }] }));
  await handler.loadModel('./model');
  const { text, usage } = await handler.generateText({ prompt: 'the', seed: 7, maxTokens: 5 });
  assert.equal(usage.completionTokens, 5);
  assert.equal(text, (await handler.generateText({ prompt: 'the', seed: 7, maxTokens: 5 })).text);
});
