import { blankImage } from '@llmi/media';
import { describe, expect, it } from 'vitest';
import { checkImages, checkRequest } from './check-request.js';
import type { PipelineRequest } from './pipeline-request.js';

const check = (request: Partial<PipelineRequest>) => checkRequest({ prompt: 'a', ...request }, 8);
const refused = (param: string, hint?: string) => expect.objectContaining({ code: 'INPUT_INVALID', param, ...(hint ? { hint } : {}) }) as Error;

describe('checkRequest', () => {
  it('takes what makes sense', () => {
    expect(() => check({ prompt: 'x'.repeat(100_000), width: 512, height: 768, numInferenceSteps: 1000, strength: 1, guidanceScale: 0, numImagesPerPrompt: 4 })).not.toThrow();
    expect(() => check({ prompt: ['a', 'b'], negativePrompt: ['c', 'd'], prompt2: 'one for all' })).not.toThrow();
  });

  it.each<[Partial<PipelineRequest>, string, string?]>([
    [{ width: 100 }, 'width', 'Use 104.'],
    [{ height: 61 }, 'height'],
    [{ width: 8192 }, 'width'],
    [{ numInferenceSteps: 0 }, 'num_inference_steps', 'Use a whole number from 1 to 1000.'],
    [{ numInferenceSteps: 10_000 }, 'num_inference_steps'],
    [{ numInferenceSteps: 2.5 }, 'num_inference_steps'],
    [{ strength: 0 }, 'strength'],
    [{ strength: 1.1 }, 'strength'],
    [{ strength: NaN }, 'strength'],
    [{ guidanceScale: -1 }, 'guidance_scale'],
    [{ guidanceRescale: 2 }, 'guidance_rescale'],
    [{ eta: 7 }, 'eta'],
    [{ numImagesPerPrompt: 65 }, 'num_images'],
    [{ numFrames: 0 }, 'num_frames'],
    [{ frameRate: 0 }, 'fps'],
    [{ maxSequenceLength: 1e6 }, 'max_sequence_length'],
    [{ prompt: [] }, 'prompt'],
    [{ prompt: ['a', 'b'], negativePrompt: ['c'] }, 'negative_prompt'],
    [{ prompt: ['a', 'b'], prompt2: ['c'] }, 'prompt_2'],
    [{ denoisingStart: 0.8, denoisingEnd: 0.8 }, 'denoising_start'],
    [{ maskImage: blankImage(8, 8, 1) }, 'image'],
  ])('refuses %j', (request, param, hint) => expect(() => check(request)).toThrow(refused(param, hint)));
});

it('checkImages refuses masks of another size, and pictures that are too small', () => {
  const image = blankImage(64, 64, 3);
  expect(() => checkImages({ prompt: '', image, maskImage: blankImage(64, 64, 1) }, { width: 64, height: 64 })).not.toThrow();
  expect(() => checkImages({ prompt: '', image, maskImage: blankImage(64, 32, 1) }, { width: 64, height: 64 })).toThrow(refused('mask_image'));
  expect(() => checkImages({ prompt: '', image: blankImage(10, 64, 3) }, { width: 8, height: 64 })).toThrow(refused('image'));
});
