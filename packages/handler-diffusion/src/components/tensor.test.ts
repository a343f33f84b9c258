import { expect, it } from 'vitest';
import { concatColumns, concatRows, repeatRows, tensorOf, tileRows } from './tensor.js';

const pair = tensorOf([1, 2, 3, 4], [2, 2]);

it('tensors are joined and repeated', () => {
  expect(repeatRows(pair, 2)).toEqual(tensorOf([1, 2, 1, 2, 3, 4, 3, 4], [4, 2]));
  expect(tileRows(pair, 2)).toEqual(tensorOf([1, 2, 3, 4, 1, 2, 3, 4], [4, 2]));
  expect(concatRows([pair, tensorOf([5, 6], [1, 2])])).toEqual(tensorOf([1, 2, 3, 4, 5, 6], [3, 2]));
  expect(concatColumns(pair, tensorOf([7, 8], [2, 1]))).toEqual(tensorOf([1, 2, 7, 3, 4, 8], [2, 3]));
});
