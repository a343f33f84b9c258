import { afterAll } from 'vitest';
import { describeHandler } from '../../src/index.js';
import { tinyTextModel, writeModel } from '../../src/models/index.js';
import { ourHandler, packageFolder } from '../support/our-handler.js';

const template = "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

const base = writeModel(tinyTextModel());
const chat = writeModel(tinyTextModel({ metadata: { 'tokenizer.chat_template': ['string', template] } }));
afterAll(() => [base, chat].forEach((folder) => folder.remove()));

const load = { device: 'cpu', parallel: 2, threads: 1 };

describeHandler(await ourHandler('handler-transformer'), {
  packageFolder: packageFolder('handler-transformer'),
  models: [
    { name: 'a base model', ...base, load, requests: [{ prompt: 'the sea', maxTokens: 6 }], longRequest: { prompt: 'the sea', maxTokens: 64, temperature: 0 } },
    {
      name: 'a chat model',
      ...chat,
      load,
      requests: [{ messages: [{ role: 'user', content: 'the sea' }], maxTokens: 6 }, { prompt: 'the wind', maxTokens: 4 }],
      longRequest: { prompt: 'the sea', maxTokens: 64, temperature: 0 },
    },
  ],
});
