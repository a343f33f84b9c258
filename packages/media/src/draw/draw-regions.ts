import type { PixelImage } from '../pixel-image.js';
import { Canvas, type Colour, type DrawnBox } from './canvas.js';
import { labelColours } from './palette.js';

/** A part of a picture in its pixels: a box, four corners, or outlines (x and y in turn). */
export interface LabelledRegion {
  label: string;
  box?: DrawnBox;
  quad?: readonly number[];
  polygons?: readonly (readonly number[])[];
}

/** A copy of the picture with an outline around each region, and its label above. */
export function drawRegions(picture: PixelImage, regions: readonly LabelledRegion[]): PixelImage {
  const canvas = new Canvas(picture);
  const colours = labelColours(regions.map(({ label }, index) => `${label} ${index}`));
  for (const [index, region] of regions.entries()) {
    const colour = colours.get(`${region.label} ${index}`)!;
    const outlines = outlinesOf(region);
    for (const outline of outlines) drawOutline(canvas, outline, colour);
    const [first] = outlines;
    if (first && region.label !== '') canvas.write(region.label, least(first, 0), least(first, 1) - canvas.textHeight, colour);
  }
  return canvas.image;
}

function outlinesOf({ box, quad, polygons }: LabelledRegion): (readonly number[])[] {
  const sides = box ? [[box.xmin, box.ymin, box.xmax, box.ymin, box.xmax, box.ymax, box.xmin, box.ymax]] : [];
  return [...sides, ...(quad ? [quad] : []), ...(polygons ?? [])];
}

/** The smallest x (0) or y (1) of an outline. */
function least(outline: readonly number[], axis: 0 | 1): number {
  return Math.min(...outline.filter((_, index) => index % 2 === axis));
}

function drawOutline(canvas: Canvas, outline: readonly number[], colour: Colour): void {
  const corners = outline.length / 2;
  for (let corner = 0; corner < corners; corner++) {
    const next = (corner + 1) % corners;
    canvas.line(outline[2 * corner]!, outline[2 * corner + 1]!, outline[2 * next]!, outline[2 * next + 1]!, colour);
  }
}
