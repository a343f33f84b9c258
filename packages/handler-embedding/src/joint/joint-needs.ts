import { LlmiError, type ModelInfo } from '@llmi/core';
import { inFolder } from '../modules.js';
import { onnxVariants } from '../onnx-files.js';
import type { Network, RunNeeds } from '../requirements.js';
import { imagesPerBatch } from './embed-joint.js';
import type { JointSettings } from './joint-settings.js';
import { chooseTowers, type TowerFiles } from './tower-files.js';

/** The library that decodes pictures, with one of some megapixels in it: measured on Linux x64. */
const pictureBytes = 45_000_000;

/** What runs of a model that reads texts and looks at pictures. */
export function jointNeeds({ folder, maxTokens, textConfig, visionConfig, plan }: JointSettings, { text, vision, joint }: TowerFiles): RunNeeds {
  const reading = (text ?? joint) && { variant: (text ?? joint)!, config: textConfig, maxTokens };
  const patches = patchesOf(visionConfig);
  // A file of both towers is in memory once: it counts with the texts.
  const looking = (vision ?? joint) && { variant: vision ?? { ...joint!, files: [], bytes: 0 }, config: visionConfig, maxTokens: patches, minTokens: patches, rows: imagesPerBatch };
  return {
    networks: [reading, looking].filter((network): network is Network => network !== undefined),
    tokenizerPath: inFolder(folder, 'tokenizer.json'),
    maxTokens,
    positionLimit: maxTokens,
    extra: plan ? [{ name: 'pictures', bytes: pictureBytes, derivation: 'decoding and resizing, measured' }] : [],
  };
}

/** The same for each dtype that the repository has all towers in, whatever was chosen. */
export function jointChoices(model: ModelInfo, settings: JointSettings): RunNeeds[] {
  const all = { ...model, chosenFiles: [] };
  const dtypes = [...new Set(onnxVariants(all).map(({ dtype }) => dtype))];
  return dtypes.flatMap((dtype) => {
    const towers = towersOf(all, dtype);
    return towers ? [jointNeeds(settings, towers)] : [];
  });
}

function towersOf(model: ModelInfo, dtype: string): TowerFiles | undefined {
  try {
    return chooseTowers(model, dtype);
  } catch (error) {
    if (LlmiError.is(error) && error.code === 'FILE_CHOICE_EMPTY') return undefined;
    throw error;
  }
}

/** Patches of a picture, and the token that stands for all of it. */
function patchesOf({ image_size: side, patch_size: patch }: Record<string, unknown>): number {
  return typeof side === 'number' && typeof patch === 'number' ? Math.ceil(side / patch) ** 2 + 1 : 197;
}
