import { describe, expect, it } from 'vitest';
import { floatToHalf } from '@llmi/runtime-onnx';
import { interpolateCubic, interpolateLinear } from './interpolate.js';
import { largest, softmax } from './scores.js';
import { fromYcbcr, toYcbcr } from './ycbcr.js';

const plane = Float32Array.of(1, 4, 2, 3, 0, 5); // [2, 3]
const close = (values: number[]) => values.map((value) => expect.closeTo(value, 4));

// Expected values: torch.nn.functional.interpolate(..., align_corners=False), torch 2.13
describe('interpolation', () => {
  it('is linear as in torch', () => {
    expect([...interpolateLinear(plane, 3, 2, 4, 3)]).toEqual(close([1, 2.875, 3.25, 2, 2, 2, 2.5625, 3.5, 3, 1.125, 1.875, 5]));
    expect([...interpolateLinear(plane, 3, 2, 2, 1)]).toEqual(close([2, 3.125]));
  });

  it('is cubic as in torch', () => {
    expect([...interpolateCubic(plane, 3, 2, 4, 3)]).toEqual(close([0.57367, 3.36497, 3.79437, 1.55241, 2, 1.83521, 2.54053, 3.60767, 3.42633, 0.30544, 1.28669, 5.66292]));
    expect([...interpolateCubic(plane, 3, 2, 2, 1)]).toEqual(close([1.94727, 3.16016]));
  });

  it('leaves a plane of the right size as it is', () => {
    expect(interpolateLinear(plane, 3, 2, 3, 2)).toEqual(plane);
    expect(interpolateCubic(plane, 3, 2, 3, 2)).toEqual(plane);
  });
});

describe('numbers', () => {
  it('have their bits in half precision', () => {
    const bits = [0, 1, -2, 65504, 65520, 2 ** -24, 2 ** -25, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 / 3, Infinity, NaN].map(floatToHalf);
    expect(bits).toEqual([0, 0x3c00, 0xc000, 0x7bff, 0x7c00, 1, 0, 0x3c00, 0x3c02, 0x3555, 0x7c00, 0x7e00]);
  });

  it('become shares without overflow', () => {
    expect([...softmax(Float32Array.of(1000, 1000, -1000))]).toEqual([0.5, 0.5, 0]);
    expect(largest(Float32Array.of(9, 1, 3, 3), 1, 3)).toEqual({ index: 1, value: 3 });
  });

  it('are brightness and colour, and back', () => {
    const image = { width: 3, height: 1, channels: 3 as const, data: Uint8Array.of(255, 255, 255, 200, 30, 60, 0, 0, 0) };
    const back = fromYcbcr(toYcbcr(image)).data;
    image.data.forEach((byte, index) => expect(Math.abs(back[index]! - byte)).toBeLessThanOrEqual(2));
    expect([...toYcbcr(image).data.subarray(0, 3)]).toEqual([255, 128, 128]);
  });
});
