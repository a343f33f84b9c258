import { describe, expect, it } from 'vitest';
import { tensorOf } from '../components/tensor.js';
import type { Run } from './family.js';
import { planGuidance, rescaleContrast } from './guidance.js';

const feeds = (value: number) => ({ text: tensorOf([value], [1]) });
const run = (values: Partial<Run>) => ({ mode: 'text-to-image', guidanceScale: 3, rows: 1, request: { prompt: '' }, ...values }) as Run;
const numbers = (...values: number[]) => Float32Array.from(values);

describe('guidance', () => {
  it('is nothing without a negative side', () => {
    const { sides, combine } = planGuidance(run({}), { positive: feeds(1) });
    expect(sides).toEqual([{ feeds: feeds(1), extra: undefined }]);
    expect([...combine([numbers(5)])]).toEqual([5]);
  });

  it('goes from the negative prompt to the prompt, and beyond', () => {
    const { sides, combine } = planGuidance(run({}), { positive: feeds(1), negative: feeds(2) });
    expect(sides.map((side) => side.feeds)).toEqual([feeds(2), feeds(1)]);
    expect([...combine([numbers(1, 0), numbers(2, -1)])]).toEqual([4, -3]);
  });

  it('of Flux by a negative prompt runs the prompt first', () => {
    const { sides, combine } = planGuidance(run({ request: { prompt: '', trueCfgScale: 2 } }), { positive: feeds(1), negative: feeds(2) });
    expect(sides.map((side) => side.feeds)).toEqual([feeds(1), feeds(2)]);
    expect([...combine([numbers(2), numbers(1)])]).toEqual([3]);
  });

  it('by an instruction weighs text and picture apart', () => {
    const picture = tensorOf([7], [1, 1, 1, 1]);
    const { sides, combine } = planGuidance(run({ mode: 'instruct', request: { prompt: '', imageGuidanceScale: 2 } }), { positive: feeds(1), negative: feeds(2) }, picture);
    expect(sides.map(({ extra }) => extra!.data[0])).toEqual([7, 7, 0]);
    expect([...combine([numbers(5), numbers(3), numbers(1)])]).toEqual([1 + 3 * (5 - 3) + 2 * (3 - 1)]);
  });

  it('can be given the contrast back that it had without', () => {
    const [guided, plain] = [numbers(-4, 0, 4, -1, 0, 1), numbers(-2, 0, 2, -1, 0, 1)]; // two pictures
    expect([...rescaleContrast(guided, plain, 2, 1)]).toEqual([-2, 0, 2, -1, 0, 1]);
    expect([...rescaleContrast(guided, plain, 2, 0.5)]).toEqual([-3, 0, 3, -1, 0, 1]);
  });
});
