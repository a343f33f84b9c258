/**
 * Single precision, rounded after every operation, as a torch tensor of one float32 does it. diffusers computes its coefficients so,
 * and where they cancel (high orders, many steps) the roundings show; coefficients in double precision would part from it there.
 */
export const f32 = Math.fround;

export const sqrt32 = (value: number): number => f32(Math.sqrt(value));
export const exp32 = (value: number): number => f32(Math.exp(value));
export const expm132 = (value: number): number => f32(Math.expm1(value));
export const log32 = (value: number): number => f32(Math.log(value));

/** torch.linspace(start, end, count, dtype=float32): counted from both ends to the middle. */
export function linspace32(start: number, end: number, count: number): Float32Array {
  const [first, last] = [f32(start), f32(end)];
  const step = f32(f32(last - first) / (count - 1));
  const half = count >> 1;
  if (count === 1) return Float32Array.of(first);
  return Float32Array.from({ length: count }, (_, index) => (index < half ? first + step * index : last - step * (count - index - 1)));
}
