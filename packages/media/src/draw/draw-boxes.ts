import type { PixelImage } from '../pixel-image.js';
import { Canvas, type DrawnBox } from './canvas.js';
import { labelColours } from './palette.js';

export interface LabelledBox {
  label: string;
  score?: number;
  box: DrawnBox;
}

/** A copy of the picture with a frame around each object, and its label and score above. The surest is drawn last, on top. */
export function drawBoxes(picture: PixelImage, objects: readonly LabelledBox[]): PixelImage {
  const canvas = new Canvas(picture);
  const colours = labelColours(objects.map(({ label }) => label));
  for (const { label, score, box } of [...objects].reverse()) {
    const colour = colours.get(label)!;
    canvas.frame(box, colour);
    canvas.write(score === undefined ? label : `${label} ${score.toFixed(2)}`, box.xmin, box.ymin - canvas.textHeight, colour);
  }
  return canvas.image;
}
