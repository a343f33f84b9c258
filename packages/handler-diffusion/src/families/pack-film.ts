import type { Tensor } from '../components/tensor.js';

/** Values along each side of what makes one token. */
export interface Patch {
  space: number;
  time: number;
}

type Film = readonly [rows: number, channels: number, frames: number, height: number, width: number];

/** Where each value of a film's latents lies among its tokens. */
function eachPlace([rows, channels, frames, height, width]: Film, { space, time }: Patch, visit: (latent: number, token: number) => void): void {
  let token = 0;
  for (let row = 0; row < rows; row++) {
    for (let frame = 0; frame < frames; frame += time) {
      for (let y = 0; y < height; y += space) {
        for (let x = 0; x < width; x += space) {
          for (let channel = 0; channel < channels; channel++) {
            const corner = (((row * channels + channel) * frames + frame) * height + y) * width + x;
            for (let t = 0; t < time; t++) {
              for (let down = 0; down < space; down++) {
                for (let across = 0; across < space; across++) visit(corner + (t * height + down) * width + across, token++);
              }
            }
          }
        }
      }
    }
  }
}

/** Latents [rows, channels, frames, height, width] as tokens [rows, tokens, channels x patch]. Source: _pack_latents of diffusers' LTXPipeline. */
export function packFilm({ data, shape }: Tensor, patch: Patch): Tensor {
  const [rows, channels, frames, height, width] = shape as Film;
  const packed = new Float32Array(data.length);
  eachPlace([rows, channels, frames, height, width], patch, (latent, token) => (packed[token] = data[latent]!));
  const values = channels * patch.time * patch.space ** 2;
  return { data: packed, shape: [rows, data.length / rows / values, values] };
}

/** The inverse. */
export function unpackFilm({ data }: Tensor, shape: readonly number[], patch: Patch): Tensor {
  const latents = new Float32Array(data.length);
  eachPlace(shape as Film, patch, (latent, token) => (latents[latent] = data[token]!));
  return { data: latents, shape };
}
