import type { Colour } from './canvas.js';

/** Turn of the hue from one colour to the next: the golden ratio keeps neighbours apart, however many there are. */
const turn = 0.618033988749895;

/** Well-told-apart colours, one for each label, in the order of their first use. */
export function labelColours(labels: readonly string[]): Map<string, Colour> {
  const distinct = [...new Set(labels)];
  return new Map(distinct.map((label, index) => [label, colourOfHue((index * turn) % 1, index)]));
}

/** Full saturation, brightness in three steps. Source: HSV to RGB. */
function colourOfHue(hue: number, index: number): Colour {
  const value = 255 - (index % 3) * 45;
  const channel = (shift: number) => {
    const position = (shift + hue * 6) % 6;
    return Math.round(value * (1 - 0.85 * Math.max(0, Math.min(position, 4 - position, 1))));
  };
  return [channel(5), channel(3), channel(1)];
}
