import { encodeImage, withAlpha } from '@llmi/media';
import { interpolateLinear } from '../maths/interpolate.js';
import { sigmoid } from '../maths/scores.js';
import { base64 } from './base64.js';
import { chooseOutput } from './choose-output.js';
import type { BatchTask, TaskContext } from './vision-task.js';

/** The picture with everything but its subject transparent: RMBG, BiRefNet, MODNet, IS-Net. */
export function removeBackgroundTask({ graph }: TaskContext): BatchTask {
  const output = chooseOutput(graph.session.outputs, ['output', 'output_image', 'alphas', 'logits'], [4], 'mask');
  return {
    outputs: [output],
    picture: 'always',
    async answer(outputs, { picture, source, width, height, content }) {
      const { data, shape } = outputs[output]!;
      const [maskHeight, maskWidth] = [shape.at(-2)!, shape.at(-1)!];
      const isLogits = data.some((value) => value < 0 || value > 1);
      const mask = isLogits ? Float32Array.from(data, sigmoid) : data.slice(0, maskHeight * maskWidth);
      // What was filled up for the graph is no part of the picture.
      const [seenHeight, seenWidth] = [Math.round((maskHeight * content.height) / height), Math.round((maskWidth * content.width) / width)];
      const seen = cutTo(mask, maskWidth, seenWidth, seenHeight);
      const alpha = Uint8Array.from(interpolateLinear(seen, seenWidth, seenHeight, source.width, source.height), (value) => Math.round(value * 255));
      return { type: 'image', image: base64(await encodeImage(withAlpha(picture!, alpha))), ...source };
    },
  };
}

function cutTo(plane: Float32Array, stride: number, width: number, height: number): Float32Array {
  if (stride === width) return plane.subarray(0, width * height);
  const result = new Float32Array(width * height);
  for (let y = 0; y < height; y++) result.set(plane.subarray(y * stride, y * stride + width), y * width);
  return result;
}
