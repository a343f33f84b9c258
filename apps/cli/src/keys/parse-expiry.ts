import { LlmiError } from '@llmi/core';

const dayMs = 86_400_000;
const unitMs: Record<string, number> = { h: dayMs / 24, d: dayMs, w: 7 * dayMs, y: 365 * dayMs };

/**
 * When a key ends: `12h`, `90d`, `2w`, `1y` from now, or a date as `2027-01-31`, with a time or without.
 * @returns ISO 8601 in UTC
 * @throws {LlmiError} USAGE
 */
export function parseExpiry(text: string, now = Date.now()): string {
  const [, count, unit] = /^(\d{1,5})([hdwy])$/.exec(text) ?? [];
  const time = unit === undefined ? (/^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN) : now + Number(count) * unitMs[unit]!;
  if (time > now) return new Date(time).toISOString();
  throw new LlmiError('USAGE', { message: Number.isNaN(time) ? `"${text}" is no time.` : `"${text}" is over already.`, hint: 'Write how long it is good for (12h, 90d, 2w, 1y), or a date (2027-01-31).' });
}
