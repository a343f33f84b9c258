import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareImage } from '../src/preprocess/prepare-image.js';
import { processorConfigSchema } from '../src/preprocess/processor-config.js';
import { readPlan } from '../src/preprocess/read-plan.js';
import { noise } from './noise.js';

interface Case {
  processor: string;
  config: Record<string, unknown>;
  size: [number, number];
  shape: [number, number, number];
  mean: number;
  norm: number;
  places: number[];
  values: number[];
}

const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', 'processors.json'), 'utf8')) as { cases: Case[] };

describe('preprocessor_config.json', () => {
  it.each(cases.map((expected) => [`${expected.processor} ${JSON.stringify(expected.config.size ?? '')} of ${expected.size.join('x')}`, expected] as const))('stands for what transformers does: %s', (_, { config, size, shape, mean, norm, places, values }) => {
    const { planes, channels, width, height } = prepareImage(noise(...size), readPlan(processorConfigSchema.parse(config)));
    expect([channels, height, width]).toEqual(shape);
    places.forEach((place, index) => expect(Math.abs(planes[place]! - values[index]!)).toBeLessThan(1e-4));
    expect(Math.abs(planes.reduce((sum, value) => sum + value, 0) / planes.length - mean)).toBeLessThan(1e-4);
    expect(Math.abs(Math.sqrt(planes.reduce((sum, value) => sum + value * value, 0)) - norm)).toBeLessThan(1e-3 * norm);
  });
});
