import type { Tensor } from '../components/tensor.js';

/** Side of the squares of latents that make one token. */
const square = 2;

/** Where each value of [rows, channels, height, width] lies in [rows, height / 2 x width / 2, channels x 4], one token after the other. */
function eachPlace([rows, channels, height, width]: readonly [number, number, number, number], visit: (latent: number, token: number) => void): void {
  const [down, across] = [height / square, width / square];
  let token = 0;
  for (let row = 0; row < rows; row++) {
    for (let y = 0; y < down; y++) {
      for (let x = 0; x < across; x++) {
        for (let channel = 0; channel < channels; channel++) {
          const corner = ((row * channels + channel) * height + y * square) * width + x * square;
          visit(corner, token++);
          visit(corner + 1, token++);
          visit(corner + width, token++);
          visit(corner + width + 1, token++);
        }
      }
    }
  }
}

/** Latents as tokens: each holds a square of two by two values of every channel. Source: _pack_latents of diffusers' FluxPipeline. */
export function packLatents({ data, shape }: Tensor): Tensor {
  const [rows, channels, height, width] = shape as [number, number, number, number];
  const packed = new Float32Array(data.length);
  eachPlace([rows, channels, height, width], (latent, token) => (packed[token] = data[latent]!));
  return { data: packed, shape: [rows, (height / square) * (width / square), channels * square * square] };
}

/** The inverse: [rows, channels, height, width]. */
export function unpackLatents({ data }: Tensor, shape: readonly number[]): Tensor {
  const latents = new Float32Array(data.length);
  eachPlace(shape as [number, number, number, number], (latent, token) => (latents[latent] = data[token]!));
  return { data: latents, shape };
}

/** Place of every token in the picture: [tokens, 3] of 0, row, column. */
export function tokenPlaces(height: number, width: number): Tensor {
  const [down, across] = [height / square, width / square];
  const data = new Float32Array(down * across * 3);
  for (let token = 0; token < down * across; token++) data.set([0, Math.floor(token / across), token % across], token * 3);
  return { data, shape: [down * across, 3] };
}
