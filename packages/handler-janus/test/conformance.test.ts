import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describeHandler } from '@llmi/handler-testkit';
import { describe } from 'vitest';
import handler from '../src/index.js';

const fixtures = join(process.env.LLMI_SHARED ?? resolve(import.meta.dirname, '../../../../shared'), 'fixtures');

describe.skipIf(!existsSync(fixtures))('the shared fixture', () => {
  const picture = existsSync(fixtures) ? readFileSync(join(fixtures, 'golden/assets/tiny-janus.png'), 'base64') : '';
  describeHandler(handler, {
    packageFolder: join(import.meta.dirname, '..'),
    models: [
      {
        path: join(fixtures, 'hub/llmi-fixtures/tiny-janus'),
        requests: [
          { prompt: 'What is in the picture?', images: [picture], maxTokens: 6, temperature: 0, mode: 'understand' },
          { prompt: 'a red circle', mode: 'generate', seed: 3 },
        ],
        longRequest: { prompt: 'a red circle', mode: 'generate', seed: 3 },
      },
    ],
  });
});
