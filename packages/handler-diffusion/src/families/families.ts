import { LlmiError, matchesGlob, nearest } from '@llmi/core';
import type { Family } from '../pipelines/family.js';
import { animateDiff } from './animate-diff.js';
import { flux } from './flux.js';
import { ltxVideo } from './ltx-video.js';
import { stableDiffusion3 } from './stable-diffusion-3.js';
import { stableDiffusionXl } from './stable-diffusion-xl.js';
import { stableDiffusion } from './stable-diffusion.js';

/** More special ones first: "StableDiffusion*" fits the names of its successors too. */
const families: readonly Family[] = [stableDiffusionXl, stableDiffusion3, flux, animateDiff, ltxVideo, stableDiffusion];

/** Classes of model_index.json that can be run; `*` stands for any characters. */
export const pipelineClasses: readonly string[] = families.flatMap((family) => family.pipelineClasses);

/**
 * The family of a pipeline class.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED that names the nearest class there is
 */
export function findFamily(pipelineClass: unknown): Family {
  const name = String(pipelineClass ?? '');
  const family = families.find(({ pipelineClasses: patterns }) => patterns.some((pattern) => matchesGlob(pattern, name)));
  if (family) return family;
  const plain = pipelineClasses.map((pattern) => pattern.replaceAll('*', ''));
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: name === '' ? 'The file model_index.json names no pipeline class.' : `There is no pipeline "${name}".`,
    hint: `${name === '' ? 'There are' : `The nearest is ${nearest(name, plain) ?? plain[0]}. There are`}: ${plain.join(', ')}.`,
  });
}
