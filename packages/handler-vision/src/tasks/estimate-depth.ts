import { depthColours, encodeImage, type PixelImage } from '@llmi/media';
import { interpolateCubic } from '../maths/interpolate.js';
import { base64 } from './base64.js';
import { chooseOutput } from './choose-output.js';
import type { BatchTask, TaskContext } from './vision-task.js';

/** Depth of every pixel of the picture, as a grey picture from the smallest value (black) to the largest (white). */
export function depthTask({ graph }: TaskContext): BatchTask {
  const output = chooseOutput(graph.session.outputs, ['predicted_depth', 'depth'], [3, 4], 'depth');
  return {
    outputs: [output],
    picture: 'never',
    async answer(outputs, { source }, { drawing }) {
      const { data, shape } = outputs[output]!;
      const depth = interpolateCubic(data, shape.at(-1)!, shape.at(-2)!, source.width, source.height);
      let [min, max] = [Infinity, -Infinity];
      for (const value of depth) [min, max] = [Math.min(min, value), Math.max(max, value)];
      const scale = max > min ? 255 / (max - min) : 0;
      const grey: PixelImage = { ...source, channels: 1, data: Uint8Array.from(depth, (value) => (value - min) * scale) };
      const image = base64(await encodeImage(grey));
      if (!drawing) return { type: 'depth', image, min, max };
      return { type: 'depth', image, min, max, drawing: base64(await encodeImage(depthColours(grey), { format: drawing })) };
    },
  };
}
