import { join } from 'node:path';
import { describeHandler } from '@llmi/handler-testkit';
import { encodeImage } from '@llmi/media';
import handler from '../src/index.js';

const pixels = { width: 90, height: 61, channels: 3 as const, data: Uint8Array.from({ length: 90 * 61 * 3 }, (_, index) => (index * 7) & 255) };
const picture = Buffer.from(await encodeImage(pixels, { format: 'png' })).toString('base64');

describeHandler(handler, {
  packageFolder: join(import.meta.dirname, '..'),
  models: [
    {
      path: join(import.meta.dirname, 'fixtures', 'qwen2-vl'),
      requests: [
        { prompt: 'What is this?', images: [picture], maxTokens: 6, temperature: 0 },
        { messages: [{ role: 'user', content: 'Hello' }], maxTokens: 6, temperature: 1, seed: 3 },
      ],
      longRequest: { prompt: 'What is this?', images: [picture], maxTokens: 60, temperature: 0, logitBias: { 256: -100, 258: -100 } },
    },
    {
      path: join(import.meta.dirname, 'fixtures', 'florence2'),
      requests: [{ image: picture, mode: 'caption', maxTokens: 6 }, { image: picture, mode: 'od', maxTokens: 8 }, { image: picture, prompt: 'What is it?', maxTokens: 6, temperature: 1, seed: 3 }],
      longRequest: { image: picture, mode: 'caption', maxTokens: 60, temperature: 1, seed: 3 },
    },
  ],
});
