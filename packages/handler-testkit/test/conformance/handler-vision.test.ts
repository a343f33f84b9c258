import { afterAll } from 'vitest';
import { describeHandler } from '../../src/index.js';
import { tinyImageClassifier, writeModel } from '../../src/models/index.js';
import { ourHandler, packageFolder } from '../support/our-handler.js';
import { picture } from '../support/picture.js';

const model = writeModel(tinyImageClassifier());
afterAll(() => model.remove());

const [red, blue] = [picture(255, 0, 0), picture(0, 0, 255)];

describeHandler(await ourHandler('handler-vision'), {
  packageFolder: packageFolder('handler-vision'),
  models: [
    {
      name: 'a classifier of colours',
      ...model,
      load: { threads: 1 },
      requests: [{ image: red }, { images: [red, blue], topK: 2 }],
      longRequest: { images: Array.from({ length: 64 }, (_, index) => (index % 2 ? red : blue)) },
    },
  ],
});
