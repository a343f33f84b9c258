import { expect, it } from 'vitest';
import { floatToHalf } from './half-precision.js';
import { toFloat32 } from './onnx-tensor.js';

it('widens half precision exactly', () => {
  const bits = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x7bff, 0x0001, 0x8000, 0x7c00, 0xfc00, 0x7e00);
  const wide = toFloat32({ dtype: 'float16', shape: [9], data: bits });
  expect(Array.from(wide)).toEqual([1, -2, 0.333251953125, 65504, 2 ** -24, -0, Infinity, -Infinity, NaN]);
});

it('keeps float32 as it is and refuses integers', () => {
  const data = Float32Array.of(1, 2);
  expect(toFloat32({ dtype: 'float32', shape: [2], data })).toBe(data);
  expect(() => toFloat32({ dtype: 'int32', shape: [1], data: Int32Array.of(1) })).toThrow(expect.objectContaining({ code: 'MODEL_FORMAT_UNSUPPORTED' }));
});

it('narrows to half precision and back without loss, rounding half to even', () => {
  for (let bits = 0; bits < 0x7c00; bits += 7) expect(floatToHalf(toFloat32({ dtype: 'float16', shape: [1], data: Uint16Array.of(bits) })[0]!)).toBe(bits);
  expect([65_520, -Infinity, Number.NaN, 1 + 2 ** -11, 1 + 3 * 2 ** -11].map(floatToHalf)).toEqual([0x7c00, 0xfc00, 0x7e00, 0x3c00, 0x3c02]);
});
