import { encodeImage, blankImage } from '@llmi/media';
import { describeHandler } from '@llmi/handler-testkit';
import definition from '../src/index.js';
import { tinyFiles, writeFiles } from './tiny-diffusion.js';

const picture = Buffer.from(await encodeImage(blankImage(64, 64, 3))).toString('base64');

describeHandler(definition, {
  packageFolder: new URL('..', import.meta.url),
  models: [
    {
      name: 'a small Stable Diffusion',
      path: writeFiles(tinyFiles()),
      requests: [
        { prompt: 'a lighthouse', numInferenceSteps: 3, seed: 1 },
        { prompt: 'a lighthouse', numInferenceSteps: 4, seed: 1, image: picture, strength: 0.5 },
        { prompt: 'a lighthouse', numInferenceSteps: 3, seed: 1, image: picture, maskImage: picture },
      ],
      longRequest: { prompt: 'a lighthouse', numInferenceSteps: 200, seed: 1, width: 256, height: 256 },
      load: { threads: 1 },
    },
  ],
});
