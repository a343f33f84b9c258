import { jsonFile, type ModelInfo } from '@llmi/core';
import { Components } from './components/components.js';
import { findFamily } from './families/families.js';
import type { Family, Mode, PipelineDefaults } from './pipelines/family.js';
import { readVaeConfig } from './vae/vae-config.js';

/** What a model is and can do, from its configurations and the names of its files. */
export interface ModelFacts {
  family: Family;
  defaults: PipelineDefaults;
  modes: readonly Mode[];
  /** Sides of a picture are multiples of this. */
  sizeMultiple: number;
  makesFilms: boolean;
  hasControlNet: boolean;
}

/** @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for a pipeline that cannot be run */
export function describeModel(model: ModelInfo): ModelFacts {
  const family = findFamily(model.pipelineClass ?? jsonFile(model, 'model_index.json')?._class_name);
  const components = new Components('', model);
  const vae = readVaeConfig(components);
  const modes = family.modes(components, vae);
  return { family, modes, defaults: family.defaults(components, vae), sizeMultiple: family.sizeMultiple(components, vae), makesFilms: modes.includes('text-to-video'), hasControlNet: components.has('controlnet') };
}

const modeTexts: Record<Mode, string> = {
  'text-to-image': 'Makes a picture from words.',
  'image-to-image': 'Changes a picture by words.',
  inpaint: 'Paints anew where a mask is white.',
  instruct: 'Follows an instruction what to change in a picture.',
  upscale: 'Makes a picture larger, by words.',
  'text-to-video': 'Makes a film from words.',
};

/** One sentence per mode that a model has. */
export function modesOf({ modes, hasControlNet }: ModelFacts): Record<string, string> {
  return {
    auto: `Does what the request brings: ${modes.join(', ')}${hasControlNet ? ', guided by a picture' : ''}.`,
    ...Object.fromEntries(modes.map((mode) => [mode, modeTexts[mode]])),
    weighted: 'As auto, and understands (word:1.3), [word] and prompts of more than 77 tokens, as stable-diffusion-webui does.',
  };
}

/** Tasks as pipeline tags. */
export function tasksOf({ modes }: ModelFacts): string[] {
  return [...new Set(modes.map((mode) => (mode.startsWith('text-to-') ? mode : 'image-to-image')))];
}
