/** `1.52 GB`, `320 MB`, `4 kB`: a size as a person reads it. */
export function size(bytes: number): string {
  if (bytes >= 1e9) return `${digits(bytes / 1e9)} GB`;
  if (bytes >= 1e6) return `${digits(bytes / 1e6)} MB`;
  return `${Math.round(bytes / 1e3)} kB`;
}

const digits = (value: number) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
