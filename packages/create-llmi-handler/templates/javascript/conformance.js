import { describeHandler } from '@llmi/handler-testkit';
import handler from '../dist/index.js';

describeHandler(handler, {
  packageFolder: new URL('..', import.meta.url),
  models: [{ path: new URL('../model', import.meta.url), requests: [{ prompt: 'the' }], longRequest: { prompt: 'the', maxTokens: 100 } }],
});
