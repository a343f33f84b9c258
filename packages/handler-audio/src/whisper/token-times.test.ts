import { expect, it } from 'vitest';
import type { AttentionRows } from './attention-rows.js';
import { tokenTimes } from './token-times.js';

it('finds the path of attention through the sound', () => {
  // Three tokens that look at positions 0 to 3, 4 to 7 and 8 to 11.
  const rows = [0, 1, 2].map((token) => Float32Array.from({ length: 12 }, (_, position) => (Math.floor(position / 4) === token ? 1 : 0.01)));
  const options = { tokens: 4, frames: 12, filterWidth: 3, timePrecision: 0.02 };
  const times = tokenTimes({ rows: [rows] } as unknown as AttentionRows, options);
  expect(times.map((time) => Math.round(time * 100) / 100)).toEqual([0, 0.08, 0.16, 0.16]); // no attention for the last one, which ends with the one before
  expect(tokenTimes({ rows: [[]] } as unknown as AttentionRows, options)).toEqual([0, 0, 0, 0]);
});
