import { modelInfoSchema } from '@llmi/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransformerHandler, type LoadedTextModel } from '../src/index.js';
import { fixtures } from './shared.js';

/** Where quantized kernels part from the reference, no text beyond that point can be compared. */
describe.skipIf(fixtures.length === 0)('answers as the Python reference gives them', () => {
  for (const { name, folder, cases, files } of fixtures) {
    for (const file of files) {
      describe(`${name} ${file}`, () => {
        const handler = new TransformerHandler(modelInfoSchema.parse({ id: `local/${name}`, source: 'folder', files: [], chosenFiles: [file] }));
        let model: LoadedTextModel;
        beforeAll(async () => {
          model = await handler.loadModel(folder, { device: 'cpu' });
        });
        afterAll(() => model[Symbol.asyncDispose]());

        for (const { id, kind, inputs, expect: expected } of cases) {
          const { output_ids: reference, text, exact_prefix: exact } = expected.files[file]!;
          it(`${id}: ${exact} of ${reference.length} tokens`, async () => {
            const request = kind === 'chat' ? { messages: inputs.messages } : { prompt: inputs.text, mode: 'complete' };
            const answer = await handler.generateText({ ...request, temperature: 0, maxTokens: exact });
            expect(answer.usage.promptTokens).toBe(expected.input_ids.length);
            // A character that goes on after the last compared token is U+FFFD in the answer so far.
            expect(text.startsWith(answer.text.replace(/\ufffd+$/, ''))).toBe(true);
            expect(answer.usage.completionTokens).toBe(exact);
            if (exact === reference.length) expect(answer.text).toBe(text);
          });
        }
      });
    }
  }
});
