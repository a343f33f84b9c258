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
