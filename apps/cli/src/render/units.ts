/** A number to three digits with the unit of its power of 1000. */
function withUnit(value: number, units: string[]): string {
  const rounded = Number(value.toPrecision(3));
  const power = rounded < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(rounded) / 3));
  const scaled = rounded / 1000 ** power;
  return `${power === 0 ? value : scaled.toFixed(scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2)}${units[power]}`;
}

/** `1.23 GB`: powers of 1000, as disks and the hub count. */
export const formatBytes = (bytes: number): string => withUnit(bytes, [' B', ' kB', ' MB', ' GB', ' TB']);

/** `135M`, `7.24B`: parameters of a model. */
export const formatCount = (count: number): string => withUnit(count, ['', 'k', 'M', 'B']);

/** `3:07` or `1:02:09`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** `3 days ago`. */
export function formatAgo(time: string, now = Date.now()): string {
  const seconds = (now - Date.parse(time)) / 1000;
  if (Number.isNaN(seconds)) return time;
  const step = steps.find(([, length]) => seconds >= length);
  if (!step) return 'just now';
  const count = Math.floor(seconds / step[1]);
  return `${count} ${step[0]}${count === 1 ? '' : 's'} ago`;
}
