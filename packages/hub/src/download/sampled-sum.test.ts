import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sampledSum } from './sampled-sum.js';

const bytes = randomBytes(300_000);

describe('the sampled sum', () => {
  it('is the same however the bytes are cut', () => {
    for (const cuts of [[1], [4095, 4097], [65_536, 65_537, 200_000], [70_001, 139_264]]) {
      let [sum, from] = [0, 0];
      for (const to of [...cuts, bytes.length]) {
        sum = sampledSum(bytes.subarray(from, to), 1000 + from, sum);
        from = to;
      }
      expect(sum).toBe(sampledSum(bytes, 1000));
    }
  });

  it('finds 64 KiB that are gone, wherever', () => {
    for (let at = 0; at + 65_536 <= bytes.length; at += 7919) {
      const holed = Buffer.from(bytes).fill(0, at, at + 65_536);
      expect(sampledSum(holed, 1000)).not.toBe(sampledSum(bytes, 1000));
    }
  });
});
