import { join } from 'node:path';
import { describeHandler } from '@llmi/handler-testkit';
import { ggufFacts } from '@llmi/handler-testkit/gguf';
import { encodeImage } from '@llmi/media';
import { writeModel } from '@llmi/handler-testkit/models';
import handler from '../src/index.js';
import { tinyBert, tinyBertParts } from './gguf/tiny-bert.js';
import { tinyClip, tinyReranker } from './tiny-kinds.js';
import { tinyFiles } from './tiny-model.js';

const texts = ['hello world', 'world'];
const many = Array.from({ length: 600 }, (_, index) => (index % 2 ? 'hello' : 'world'));
const data = Uint8Array.from({ length: 48 }, (_, index) => (index * 5) % 256);
const image = Buffer.from(await encodeImage({ width: 4, height: 4, channels: 3, data })).toString('base64');
const { metadata, tensors } = tinyBertParts({ 'bert.pooling_type': ['uint32', 1] });

describeHandler(handler, {
  packageFolder: join(import.meta.dirname, '..'),
  models: [
    { name: 'a text model', ...writeModel({ files: tinyFiles() }), load: { threads: 1 }, requests: [{ texts }, { texts, chunkTokens: 2 }, { texts, precision: 'int8' }], longRequest: { texts: many } },
    { name: 'a reranker', ...writeModel({ files: tinyReranker() }), load: { threads: 1 }, requests: [{ query: 'hello', documents: texts }], longRequest: { query: 'hello', documents: many } },
    {
      name: 'a model of texts and pictures',
      ...writeModel({ files: tinyClip() }),
      facts: { pipelineTag: 'feature-extraction' },
      load: { threads: 1 },
      requests: [{ texts }, { images: [image, image] }, { texts, precision: 'int8' }],
      longRequest: { images: Array<string>(40).fill(image) },
    },
    {
      name: 'a text model in GGUF format',
      ...writeModel({ files: { 'model-F32.gguf': tinyBert({ 'bert.pooling_type': ['uint32', 1] }) }, facts: { modelType: 'bert', task: 'feature-extraction', gguf: ggufFacts('model-F32.gguf', metadata, tensors) } }),
      requests: [{ texts }],
      longRequest: { texts: many },
    },
  ],
});
