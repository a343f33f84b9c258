import { describeHandler } from '@llmi/handler-testkit';
import markov from './index.js';

describeHandler(markov, {
  packageFolder: new URL('.', import.meta.url),
  models: [{ path: new URL('model', import.meta.url), requests: [{ prompt: 'the' }], longRequest: { prompt: 'the', maxTokens: 200 } }],
});
