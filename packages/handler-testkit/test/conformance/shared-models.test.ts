import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GenerateRequest, ModelInfo } from '@llmi/core';
import { describe, it } from 'vitest';
import { describeHandler, type TestModel } from '../../src/index.js';
import { ourHandler, packageFolder } from '../support/our-handler.js';
import { picture } from '../support/picture.js';
import { sound } from '../support/sound.js';

const models = join(process.env['LLMI_SHARED'] ?? join(packageFolder('.'), '../../shared'), 'fixtures/hub/llmi-fixtures');

/** Small models as real repositories lay them out: what to ask each, and something that takes several steps. */
const tried: [handler: string, repository: string, requests: TestModel['requests'], longRequest?: GenerateRequest][] = [
  ['handler-embedding', 'tiny-bert-mean-embed', [{ texts: ['hello world', 'goodbye'] }], { texts: Array.from({ length: 200 }, (_, index) => `text number ${index}`) }],
  ['handler-embedding', 'all-MiniLM-L6-v2', [{ texts: ['hello world'] }]],
  ['handler-vision', 'tiny-vit', [{ image: picture(200, 40, 40) }]],
  ['handler-vision', 'tiny-yolos', [{ image: picture(200, 40, 40) }]],
  ['handler-vision', 'tiny-segformer', [{ image: picture(200, 40, 40) }]],
  ['handler-vision', 'tiny-depth-anything', [{ image: picture(200, 40, 40) }]],
  ['handler-vision', 'tiny-clip', [{ image: picture(200, 40, 40), labels: ['red', 'blue'] }]],
  ['handler-audio', 'tiny-whisper', [{ audio: sound(1) }]],
  ['handler-audio', 'tiny-wav2vec2-audio-classification', [{ audio: sound(1) }]],
  ['handler-audio', 'tiny-mms-tts', [{ prompt: 'hello' }]],
  ['handler-transformer', 'tiny-llama3-GGUF', [{ messages: [{ role: 'user', content: 'Hello.' }], maxTokens: 6 }], { prompt: 'Hello', maxTokens: 40, temperature: 0 }],
  ['handler-diffusion', 'tiny-sdxl-onnx', [{ prompt: 'a cat', numInferenceSteps: 2, width: 64, height: 64, seed: 1 }]],
  ['handler-diffusion', 'tiny-sd15-onnx', [{ prompt: 'a cat', numInferenceSteps: 2, width: 64, height: 64, seed: 1 }], { prompt: 'a cat', numInferenceSteps: 20, width: 64, height: 64, seed: 1 }],
];

interface Hub {
  parseReference(text: string, folder: string): object;
  inspect(reference: object, settings: object): Promise<ModelInfo>;
}

const hub = (await import(pathToFileURL(join(packageFolder('hub'), 'dist/index.js')).href)) as Hub;

/** What llmi itself knows of a model before it is loaded. */
const factsOf = (path: string) => hub.inspect(hub.parseReference(path, '/'), { endpoint: 'http://127.0.0.1:1', cacheDir: '', offline: true });

for (const [handler, repository, requests, longRequest] of tried) {
  const path = join(models, repository);
  if (!existsSync(path)) {
    describe.skip(`${handler} with ${repository}`, () => it('passes'));
    continue;
  }
  const model: TestModel = { path, facts: await factsOf(path), requests, load: { threads: 1 }, ...(longRequest ? { longRequest } : {}) };
  describeHandler(await ourHandler(handler), { packageFolder: packageFolder(handler), models: [model] });
}
