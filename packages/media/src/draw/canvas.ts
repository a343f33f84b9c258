import { toRgb } from '../colours.js';
import type { PixelImage } from '../pixel-image.js';
import { forEachDot, letterHeight, letterWidth } from './letters.js';

export type Colour = readonly [red: number, green: number, blue: number];

/** A box in pixels, corners as in results. */
export interface DrawnBox {
  xmin: number;
  ymin: number;
  xmax: number;
  ymax: number;
}

/** An RGB copy of a picture to draw on, with lines and letters that suit its size. */
export class Canvas {
  readonly image: PixelImage;
  readonly lineWidth: number;
  readonly letterScale: number;

  constructor(picture: PixelImage) {
    const rgb = toRgb(picture);
    this.image = { ...rgb, data: rgb.data.slice() };
    const side = Math.min(picture.width, picture.height);
    this.lineWidth = Math.max(1, Math.round(side / 200));
    this.letterScale = Math.max(1, Math.round(side / 300));
  }

  /** Mixes a colour into one pixel; outside the picture nothing happens. */
  blend(x: number, y: number, colour: Colour, opacity = 1): void {
    const { width, height, data } = this.image;
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    const at = (y * width + x) * 3;
    for (let channel = 0; channel < 3; channel++) data[at + channel] = Math.round(data[at + channel]! * (1 - opacity) + colour[channel]! * opacity);
  }

  fill(left: number, top: number, right: number, bottom: number, colour: Colour): void {
    for (let y = Math.max(0, top); y < Math.min(this.image.height, bottom); y++) {
      for (let x = Math.max(0, left); x < Math.min(this.image.width, right); x++) this.blend(x, y, colour);
    }
  }

  frame({ xmin, ymin, xmax, ymax }: DrawnBox, colour: Colour): void {
    const [left, top, right, bottom] = [xmin, ymin, xmax, ymax].map(Math.round) as [number, number, number, number];
    const line = this.lineWidth;
    this.fill(left, top, right, top + line, colour);
    this.fill(left, bottom - line, right, bottom, colour);
    this.fill(left, top, left + line, bottom, colour);
    this.fill(right - line, top, right, bottom, colour);
  }

  line(fromX: number, fromY: number, toX: number, toY: number, colour: Colour): void {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY))));
    const around = (place: number) => Math.round(place - this.lineWidth / 2);
    for (let step = 0; step <= steps; step++) {
      const [x, y] = [around(fromX + ((toX - fromX) * step) / steps), around(fromY + ((toY - fromY) * step) / steps)];
      this.fill(x, y, x + this.lineWidth, y + this.lineWidth, colour);
    }
  }

  /** Text on a patch of `colour`, moved into the picture where it would stick out. */
  write(text: string, x: number, y: number, colour: Colour): void {
    const scale = this.letterScale;
    const width = ([...text].length * letterWidth + 2) * scale;
    const height = (letterHeight + 2) * scale;
    const left = Math.max(0, Math.min(Math.round(x), this.image.width - width));
    const top = Math.max(0, Math.min(Math.round(y), this.image.height - height));
    this.fill(left, top, left + width, top + height, colour);
    const ink: Colour = luminance(colour) > 140 ? [0, 0, 0] : [255, 255, 255];
    forEachDot(text, (dotX, dotY) => {
      const [inkX, inkY] = [left + (dotX + 1) * scale + (scale >> 1), top + (dotY + 1) * scale];
      this.fill(inkX, inkY, inkX + scale, inkY + scale, ink);
    });
  }

  /** Height of a line of text with its patch, in pixels. */
  get textHeight(): number {
    return (letterHeight + 2) * this.letterScale;
  }
}

function luminance([red, green, blue]: Colour): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}
