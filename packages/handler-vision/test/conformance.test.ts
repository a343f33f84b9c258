import { join } from 'node:path';
import { describeHandler } from '@llmi/handler-testkit';
import { encodeImage } from '@llmi/media';
import handler from '../src/index.js';
import { noise } from './noise.js';

const path = (name: string) => join(import.meta.dirname, 'fixtures', name);
const image = Buffer.from(await encodeImage(noise(60, 40), { format: 'png' })).toString('base64');
const images = Array.from({ length: 32 }, () => image);
const load = { threads: 1 };

// Other kinds are in the testkit's own tests.
describeHandler(handler, {
  packageFolder: join(import.meta.dirname, '..'),
  models: [
    { path: path('owlvit'), load, requests: [{ image, labels: ['a cat', 'x'] }], longRequest: { images, labels: ['a cat'] } },
    { path: path('sam'), load, requests: [{ image, points: [[10, 10], [30, 20, 0]] }], longRequest: { images, points: [[10, 10]] } },
  ],
});
