import type { ResultOf } from '@llmi/core';
import type { AnswerKind } from './tasks.js';

type Region = NonNullable<ResultOf<'multimodal_response'>['regions']>[number];
interface Size {
  width: number;
  height: number;
}

/** Steps along each side that places are told in. */
const bins = 1000;
const marks = /<s>|<\/s>|<pad>/g;
const place = /<loc_(\d+)>/g;
const box = /<loc_(\d+)><loc_(\d+)><loc_(\d+)><loc_(\d+)>/g;
/** What stands before the first place, as far as nothing else is marked in it. */
const phrase = /^\s*(.*?)(?=<od>|<\/od>|<box>|<\/box>|<bbox>|<\/bbox>|<loc_)/;
const outlinePhrase = /^\s*(.*?)(?=<od>|<\/od>|<box>|<\/box>|<bbox>|<\/bbox>|<loc_|<poly>)/;

export interface ReadOptions {
  /** Phrases that name nothing. */
  banned?: ReadonlySet<string>;
  /** Quadrangles smaller than this share of the picture are left out. */
  leastArea?: number;
}

/** The regions in an answer, in pixels of the picture. Source: `Florence2PostProcessor` of transformers 4.57 */
export function readRegions(answer: string, kind: AnswerKind, size: Size, options: ReadOptions = {}): Region[] | undefined {
  const text = answer.replace(marks, '');
  switch (kind) {
    case 'text':
      return undefined;
    case 'boxes':
      return boxesIn(text, /[^<]+(?:<loc_\d+>){4,}/g, size);
    case 'boxes alone':
      return boxesIn(text, /(?:<loc_\d+>){4,}/g, size);
    case 'phrases':
      return boxesIn(text, /[^<]+(?:<loc_\d+>){4,}/g, size).filter(({ label }) => !options.banned?.has(label)).map((region) => ({ ...region, label: asciiOf(region.label) }));
    case 'quads':
      return quadsIn(text, size, options.leastArea ?? 0);
    case 'polygons':
      return outlinesIn(text, /(?:<loc_\d+>|<sep>|<poly>|<\/poly>){4,}/g, size);
    case 'boxes or polygons':
      return text.includes('<poly>') ? outlinesIn(text, /[^<]+(?:<loc_\d+>|<sep>|<poly>|<\/poly>){4,}/g, size) : boxesIn(text, /[^<]+(?:<loc_\d+>){4,}/g, size);
  }
}

function boxesIn(text: string, pattern: RegExp, size: Size): Region[] {
  return (text.match(pattern) ?? []).flatMap((part) => {
    const found = phrase.exec(part);
    if (!found) return [];
    const label = asciiOf(found[0].trim());
    return [...part.matchAll(box)].map(([, ...bin]) => {
      const [xmin, ymin, xmax, ymax] = pixelsOf(bin.map(Number), size) as [number, number, number, number];
      return { label, box: { xmin, ymin, xmax, ymax } };
    });
  });
}

function quadsIn(text: string, size: Size, leastArea: number): Region[] {
  const pattern = /(.+?)<loc_(\d+)><loc_(\d+)><loc_(\d+)><loc_(\d+)><loc_(\d+)><loc_(\d+)><loc_(\d+)><loc_(\d+)>/g;
  return [...text.matchAll(pattern)].flatMap(([, label, ...bin]) => {
    const quad = pixelsOf(bin.map(Number), size);
    return areaOf(quad) < size.width * size.height * leastArea ? [] : [{ label: label!.trim(), quad }];
  });
}

/** As the reference computes it: the last side is left out. */
function areaOf(quad: readonly number[]): number {
  let sum = 0;
  for (let corner = 0; corner < 3; corner++) sum += quad[2 * corner]! * quad[2 * corner + 3]! - quad[2 * corner + 2]! * quad[2 * corner + 1]!;
  return Math.abs(sum) / 2;
}

function outlinesIn(text: string, pattern: RegExp, size: Size): Region[] {
  return (text.match(pattern) ?? []).flatMap((part) => {
    const found = outlinePhrase.exec(part.replace(/^<loc_\d+>/, ''));
    if (!found) return [];
    const isMarked = part.includes('<poly>') && part.includes('</poly>');
    const pieces = isMarked ? [...part.matchAll(/<poly>(.*?)<\/poly>/g)].map(([, inner]) => inner!) : [part];
    return pieces.flatMap((piece) => {
      const outlines = [...piece.matchAll(/((?:<loc_\d+>)+)(?:<sep>|$)/g)].map(([, places]) => {
        const bin = [...places!.matchAll(place)].map(([, number]) => Number(number));
        return pixelsOf(bin.slice(0, bin.length - (bin.length % 2)), size);
      });
      return outlines.length === 0 ? [] : [{ label: found[0].trim(), polygons: outlines }];
    });
  });
}

/** x and y in turn: the middles of their steps, cut to whole pixels. */
function pixelsOf(bin: readonly number[], { width, height }: Size): number[] {
  return bin.map((step, index) => Math.trunc((step + 0.5) * ((index % 2 === 0 ? width : height) / bins)));
}

/** A box in the words of the model. Source: `quantize` */
export function placesOf([xmin, ymin, xmax, ymax]: readonly [number, number, number, number], { width, height }: Size): string {
  const step = (value: number, side: number) => Math.min(bins - 1, Math.max(0, Math.floor(value / (side / bins))));
  return `<loc_${step(xmin, width)}><loc_${step(ymin, height)}><loc_${step(xmax, width)}><loc_${step(ymax, height)}>`;
}

const asciiOf = (text: string) => [...text].filter((character) => character.codePointAt(0)! < 128).join('');
