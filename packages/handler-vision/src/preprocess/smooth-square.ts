import type { NormalizeOptions, PixelImage } from '@llmi/media';
import type { PreparedImage } from './prepare-image.js';
import type { Size } from './sizes.js';

/** What the square is filled up with, where a picture's values are 0 to 1. */
const grey = 0.5;
/** Standard deviations of a Gaussian that are computed. Source: `truncate` of scipy.ndimage.gaussian_filter. */
const reach = 4;

/** Of which places along an axis one of the output is made: `inside` of the picture, and the share of what it was filled up with. */
interface Sample {
  places: number[];
  weights: number[];
  filling: number;
}

/**
 * A picture as OWLv2 takes it: filled up to a square at the right and bottom, smoothed with a Gaussian as wide as it will shrink, and
 * sampled between four points. Both steps are one weighted sum for each axis. Source: `Owlv2ImageProcessor` of transformers 4.57, which
 * does as `skimage.transform.resize`.
 */
export function smoothSquare(picture: PixelImage, { width, height }: Size, { scale = 1 / 255, mean, std }: NormalizeOptions): Pick<PreparedImage, 'planes' | 'channels' | 'width' | 'height' | 'content'> {
  const { channels, data } = picture;
  const side = Math.max(picture.width, picture.height);
  const [across, down] = [samples(side, width, picture.width), samples(side, height, picture.height)];
  const planes = new Float32Array(channels * height * width);
  const rows = new Float32Array(picture.height * width);
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < picture.height; y++) {
      for (const [x, { places, weights, filling }] of across.entries()) {
        let sum = filling * grey;
        for (let index = 0; index < places.length; index++) sum += weights[index]! * data[(y * picture.width + places[index]!) * channels + channel]! * scale;
        rows[y * width + x] = sum;
      }
    }
    const [shift, share] = [mean?.[channel] ?? 0, std?.[channel] ?? 1];
    for (const [y, { places, weights, filling }] of down.entries()) {
      for (let x = 0; x < width; x++) {
        let sum = filling * grey;
        for (let index = 0; index < places.length; index++) sum += weights[index]! * rows[places[index]! * width + x]!;
        planes[(channel * height + y) * width + x] = (sum - shift) / share;
      }
    }
  }
  return { planes, channels, width, height, content: { width, height } };
}

function samples(from: number, to: number, inside: number): Sample[] {
  const factor = from / to;
  const kernel = gaussian(Math.max(0, (factor - 1) / 2));
  const radius = (kernel.length - 1) / 2;
  return Array.from({ length: to }, (_, at) => {
    const place = mirrored((at + 0.5) * factor - 0.5, from);
    const left = Math.floor(place);
    const sums = new Map<number, number>();
    let filling = 0;
    for (const [middle, share] of [[left, 1 - (place - left)], [left + 1, place - left]] as const) {
      for (let offset = -radius; share > 0 && offset <= radius; offset++) {
        const source = mirrored(middle + offset, from);
        const weight = share * kernel[offset + radius]!;
        if (source < inside) sums.set(source, (sums.get(source) ?? 0) + weight);
        else filling += weight;
      }
    }
    return { places: [...sums.keys()], weights: [...sums.values()], filling };
  });
}

/** Beyond its ends an axis goes back the way it came, the last point not twice: mode "mirror" of scipy. */
function mirrored(place: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = ((place % period) + period) % period;
  return within < length ? (within > length - 1 ? period - within : within) : period - within;
}

function gaussian(deviation: number): number[] {
  if (deviation === 0) return [1];
  const radius = Math.trunc(reach * deviation + 0.5);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, index) => Math.exp((-0.5 * (index - radius) ** 2) / deviation ** 2));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
