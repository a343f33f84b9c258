import { expect, it } from 'vitest';
import type { Components } from '../components/components.js';
import { Graph } from '../components/graph.js';
import { tensorOf, type Tensor } from '../components/tensor.js';
import { fitLinear } from './linear-fit.js';
import { makePreviewer } from './preview.js';

it('fitLinear finds weights and a constant', () => {
  const inputs = [[0, 0], [1, 0], [0, 1], [2, 3], [-1, 4]];
  const [first, second, constant] = fitLinear(inputs, inputs.map(([x, y]) => [2 * x! - y! + 3]), 0);
  [first![0], second![0], constant![0]].forEach((value, index) => expect(value).toBeCloseTo([2, -1, 3][index]!, 9));
});

it('previews show what the decoder of the model makes of latents', async () => {
  /** A VAE whose colours are the first three of its four channels, each value a pixel. */
  const run = async (feeds: Record<string, Tensor>) => {
    const { data, shape } = feeds.latent_sample!;
    return { sample: { dtype: 'float32', data: data.slice(0, (data.length / 4) * 3), shape: [1, 3, shape[2], shape[3]] } };
  };
  const session = { inputs: [{ name: 'latent_sample', dtype: 'float32', shape: [1, 4, 'h', 'w'] }], outputs: [{ name: 'sample', dtype: 'float32', shape: [] }], run };
  const components = {
    has: () => false,
    remember: (_key: string, make: () => Promise<unknown>) => make(),
    lease: async () => ({ graph: new Graph('vae_decoder', session as never), [Symbol.asyncDispose]: async () => undefined }),
  } as unknown as Components;
  const vae = { latentChannels: 4, scalingFactor: 1, shiftFactor: 0, latentsMean: undefined, latentsStd: undefined, scale: 1, temporalScale: 1, sampleSize: 64, timestepConditioning: false };
  const preview = await (await makePreviewer(components, vae))(tensorOf([0, 0.6, -0.8, 1, 0, -1, 5, 5], [1, 4, 1, 2]));
  expect(preview).toMatchObject({ width: 2, height: 1, channels: 3 });
  [127.5, 25.5, 127.5, 204, 255, 0].forEach((value, index) => expect(Math.abs(preview.data[index]! - value)).toBeLessThan(1));
});
