import { afterAll } from 'vitest';
import { describeHandler } from '../../src/index.js';
import { tinyEmbeddingModel, writeModel } from '../../src/models/index.js';
import { ourHandler, packageFolder } from '../support/our-handler.js';

const model = writeModel(tinyEmbeddingModel());
afterAll(() => model.remove());

describeHandler(await ourHandler('handler-embedding'), {
  packageFolder: packageFolder('handler-embedding'),
  models: [
    {
      name: 'a tiny sentence-transformer',
      ...model,
      load: { threads: 1 },
      requests: [{ texts: ['hello world', 'world'] }, { texts: ['query'], normalize: false }],
      longRequest: { texts: Array.from({ length: 200 }, (_, index) => (index % 2 ? 'hello' : 'world')) },
    },
  ],
});
