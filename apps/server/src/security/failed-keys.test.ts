import { describe, expect, it } from 'vitest';
import { FailedKeys } from './failed-keys.js';

const fail = (keys: FailedKeys, address: string, times = 20) => {
  for (let time = 0; time < times; time++) keys.note(address, `wrong ${time}`, false);
};

describe('FailedKeys', () => {
  it('lets a place wait after twenty wrong keys', () => {
    const keys = new FailedKeys();
    fail(keys, '10.0.0.1', 19);
    expect(keys.secondsToWait('10.0.0.1', 'x')).toBe(0);
    fail(keys, '10.0.0.1', 1);
    expect(keys.secondsToWait('10.0.0.1', 'x')).toBeGreaterThan(50);
    expect(keys.secondsToWait('10.0.0.2', 'x')).toBe(0);
  });

  it.each([
    ['2001:db8::1', '2001:db8::ffff:1', true],
    ['2001:db8:0:1::1', '2001:0db8:0000:0001:aaaa:bbbb:cccc:dddd', true],
    ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['fe80::1%eth0', 'fe80::2', true],
  ])('takes %s and %s for one place: %s', (one, other, isSame) => {
    const keys = new FailedKeys();
    fail(keys, one);
    expect(keys.secondsToWait(other, 'x') > 0).toBe(isSame);
  });

  it('does not lock out a key that was right before', () => {
    const keys = new FailedKeys();
    keys.note('10.0.0.1', 'right', true);
    fail(keys, '10.0.0.1');
    expect(keys.secondsToWait('10.0.0.1', 'right')).toBe(0);
    expect(keys.secondsToWait('10.0.0.1', 'other')).toBeGreaterThan(0);
  });

  it('remembers a bounded number of places', () => {
    const keys = new FailedKeys();
    fail(keys, '10.0.0.1');
    for (let place = 0; place < 10_000; place++) keys.note(`10.1.${place >> 8}.${place & 255}`, 'wrong', false);
    expect(keys.secondsToWait('10.0.0.1', 'x')).toBe(0);
  });
});
