import { expect, it } from 'vitest';
import { strftime } from './strftime.js';

it('writes dates as Python does', () => {
  const date = new Date(2024, 1, 9, 0, 5, 6);
  expect(strftime(date, '%d %b %Y, %A %H:%M:%S %I%p %j %y %%')).toBe('09 Feb 2024, Friday 00:05:06 12AM 040 24 %');
  expect(strftime(date, '%-d/%-m %e %F %T %D %Q')).toBe('9/2  9 2024-02-09 00:05:06 02/09/24 %Q');
});
