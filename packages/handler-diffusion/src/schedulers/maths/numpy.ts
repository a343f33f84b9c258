/** numpy.linspace(start, stop, count) in double precision; `endpoint` false leaves `stop` out. */
export function linspace(start: number, stop: number, count: number, { endpoint = true } = {}): number[] {
  const parts = endpoint ? count - 1 : count;
  const step = (stop - start) / parts;
  const values = Array.from({ length: count }, (_, index) => (parts > 0 ? index * step + start : start));
  if (endpoint && count > 1) values[count - 1] = stop;
  return values;
}

/** numpy.arange(start, stop, step): the step is the difference of the first two values, rounding included. */
export function arange(start: number, stop: number, step: number): number[] {
  const delta = start + step - start;
  return Array.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_, index) => start + index * delta);
}

/** numpy.round: halves go to the even neighbour. */
export function roundHalfEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest !== 0.5) return rest < 0.5 ? down : down + 1;
  return down % 2 === 0 ? down : down + 1;
}

/** numpy.interp(x, [0, 1, 2, ...], values): piecewise linear between the entries of `values`, constant beyond them. */
export function interpolateAt(x: number, values: ArrayLike<number>): number {
  const low = Math.floor(x);
  if (low < 0) return values[0]!;
  if (low >= values.length - 1) return values[values.length - 1]!;
  const [left, right] = [values[low]!, values[low + 1]!];
  return (right - left) * (x - low) + left;
}
