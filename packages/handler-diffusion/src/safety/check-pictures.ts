import { blankImage, cropImage, imageToTensor, resizeImage, type PixelImage } from '@llmi/media';
import type { Components } from '../components/components.js';
import type { Tensor } from '../components/tensor.js';

/** Part of the repository with the checker; its pictures are prepared as the feature extractor beside it says. */
export const safetyChecker = 'safety_checker';

/** Of CLIP. Source: CLIPImageProcessor of transformers. */
const usualMean = [0.48145466, 0.4578275, 0.40821073];
const usualStd = [0.26862954, 0.26130258, 0.27577711];
const usualSide = 224;

export interface CheckedPictures {
  /** Black where the checker objects. */
  pictures: PixelImage[];
  flagged: boolean[];
}

/**
 * Looks at finished pictures with the safety checker of the repository. Undefined where it has none in ONNX format.
 * Source: OnnxStableDiffusionPipeline of diffusers.
 */
export async function checkPictures(components: Components, pictures: readonly PixelImage[], signal?: AbortSignal): Promise<CheckedPictures | undefined> {
  if (!components.has(safetyChecker)) return undefined;
  await using lease = await components.lease(safetyChecker, signal);
  const { graph } = lease;
  const verdict = graph.outputNames.find((name) => /nsfw/i.test(name)) ?? graph.outputNames.at(-1)!;
  const flagged: boolean[] = [];
  for (const picture of pictures) {
    const feeds = graph.tensors({ clip_input: clipInput(picture, components.config('feature_extractor', 'preprocessor_config.json')), images: channelsLast(picture) });
    const { data } = (await graph.run(feeds, [verdict], signal))[verdict]!;
    flagged.push(Number(data[0]) !== 0);
  }
  return { pictures: pictures.map((picture, index) => (flagged[index] ? blankImage(picture.width, picture.height, picture.channels) : picture)), flagged };
}

/** [1, height, width, 3] from 0 to 1. */
function channelsLast({ data, width, height }: PixelImage): Tensor {
  return { data: Float32Array.from(data, (byte) => byte / 255), shape: [1, height, width, 3] };
}

/** The middle of the picture, [1, 3, side, side], as CLIP sees it. */
function clipInput(picture: PixelImage, config: Record<string, unknown>): Tensor {
  const sideOf = (value: unknown): number => {
    if (typeof value === 'number') return value;
    const sides = (value ?? {}) as Record<string, unknown>;
    const side = sides.shortest_edge ?? sides.height;
    return typeof side === 'number' ? side : usualSide;
  };
  const list = (value: unknown, usual: number[]) => (Array.isArray(value) ? (value as number[]) : usual);
  const [shortest, side] = [sideOf(config.size), sideOf(config.crop_size)];
  const scale = shortest / Math.min(picture.width, picture.height);
  const resized = resizeImage(picture, { width: Math.trunc(picture.width * scale), height: Math.trunc(picture.height * scale), filter: 'bicubic' });
  const middle = cropImage(resized, { left: Math.floor((resized.width - side) / 2), top: Math.floor((resized.height - side) / 2), width: side, height: side });
  return { data: imageToTensor(middle, { mean: list(config.image_mean, usualMean), std: list(config.image_std, usualStd) }), shape: [1, 3, side, side] };
}
