import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount } from './units.js';

describe('units', () => {
  it('counts bytes by powers of 1000', () => {
    expect([0, 999, 1000, 144_811_072, 999_999, 7.24e9, 2e15].map(formatBytes)).toEqual(['0 B', '999 B', '1.00 kB', '145 MB', '1.00 MB', '7.24 GB', '2000 TB']);
  });

  it('counts parameters', () => {
    expect([512, 15_000, 134_515_008, 7_241_732_096].map(formatCount)).toEqual(['512', '15.0k', '135M', '7.24B']);
  });
});
