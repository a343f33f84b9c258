import { expect, it } from 'vitest';
import { tensorOf } from '../components/tensor.js';
import { weighTokens } from './weigh-tokens.js';

it('weighs tokens and keeps the mean of each chunk', () => {
  const hidden = tensorOf([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]); // two chunks of two tokens of two channels
  const weighed = weighTokens(hidden, [{ weights: [1, 1] }, { weights: [1, 2] }]);
  const scale = (5 + 6 + 7 + 8) / (5 + 6 + 14 + 16);
  [1, 2, 3, 4, 5 * scale, 6 * scale, 14 * scale, 16 * scale].forEach((value, index) => expect(weighed.data[index]).toBeCloseTo(value, 5));
});

it('leaves tokens without weights alone', () => {
  const hidden = tensorOf([1, 2], [1, 1, 2]);
  expect(weighTokens(hidden, [{ weights: [1] }])).toBe(hidden);
});
