import { after } from 'node:test';
import { describeHandler } from '@llmi/handler-testkit';
import { tinyTextModel, writeModel } from '@llmi/handler-testkit/models';
import handler from '../dist/index.js';

const model = writeModel(tinyTextModel()); // random weights: its answers mean nothing, and repeat exactly
after(() => model.remove());

describeHandler(handler, {
  packageFolder: new URL('..', import.meta.url),
  models: [
    {
      path: model.path,
      facts: { ...model.facts, id: 'local/my-model' },
      load: { device: 'cpu', parallel: 2 },
      requests: [{ prompt: 'the sea', maxTokens: 6 }],
      longRequest: { prompt: 'the sea', maxTokens: 64, temperature: 0 },
    },
  ],
});
