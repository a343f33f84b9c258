import { expect, it } from 'vitest';
import { DiffusionPipeline } from '../src/index.js';
import { describeGoldens } from './describe-goldens.js';
import { hasFixtures, repoFolder } from './goldens.js';

describeGoldens(['tiny-sd15-onnx', 'tiny-sd21-v-onnx', 'tiny-sd-turbo-onnx', 'tiny-lcm-sd15-onnx', 'tiny-sd14-diffusers-onnx', 'tiny-sd15-fp16-onnx', 'tiny-sd15-inpaint-onnx', 'tiny-instruct-pix2pix-onnx', 'tiny-sd15-controlnet-onnx']);

it.skipIf(!hasFixtures)('tiny-sd15-safetensors needs to be converted', async () => {
  await expect(DiffusionPipeline.load(repoFolder('tiny-sd15-safetensors'))).rejects.toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED', message: expect.stringContaining('.safetensors') as string });
});
