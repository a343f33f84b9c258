import { exp32, f32 } from './maths/float32.js';

/** Every operation in float32, in diffusers' order: the terms cancel, and what is left shows the roundings. */

const sum = (...values: number[]) => values.reduce((total, value) => f32(total + value));
const product = (...values: number[]) => values.reduce((total, value) => f32(total * value));

/** power! / k! x^k terms of the integral of x^power exp(x), with the signs alternating where `sign` is -1. */
function polynomial(power: number, x: number, sign: 1 | -1): number {
  switch (power) {
    case 0:
      return 1;
    case 1:
      return f32(x + sign);
    case 2:
      return sum(f32(x * x), sign * f32(2 * x), 2);
    default:
      return sum(product(x, x, x), sign * f32(3 * f32(x * x)), f32(6 * x), sign * 6);
  }
}

/** Integral of exp(-x) x^power over [start, end]. Source: SA-Solver, appendix B. */
function negativeIntegral(power: number, start: number, end: number): number {
  const growth = exp32(f32(end - start));
  return product(exp32(-end), f32(f32(polynomial(power, start, 1) * growth) - polynomial(power, end, 1)));
}

/** Integral of exp((1 + tau^2) x) x^power over [start, end]; `rate` is 1 + tau^2. */
function positiveIntegral(power: number, start: number, end: number, rate: number): number {
  const [from, to] = [f32(rate * start), f32(rate * end)];
  const decay = exp32(-f32(to - from));
  const difference = power === 0 ? f32(1 - decay) : f32(polynomial(power, to, -1) - f32(polynomial(power, from, -1) * decay));
  return f32(product(exp32(to), difference) / rate ** (power + 1));
}

/** Coefficients of the polynomial that is 1 at `at` and 0 at the others, highest power first. */
function lagrange(at: number, others: readonly number[]): number[] {
  const divisor = product(...others.map((other) => f32(at - other)), 1);
  const [a, b, c] = others as [number, number, number];
  const over = (value: number) => f32(value / divisor);
  switch (others.length) {
    case 0:
      return [1];
    case 1:
      return [over(1), over(-a)];
    case 2:
      return [over(1), over(f32(-a - b)), over(f32(a * b))];
    default:
      return [over(1), over(sum(-a, -b, -c)), over(sum(f32(a * b), f32(a * c), f32(b * c))), over(product(-a, b, c))];
  }
}

/** How the integrals are taken: of the predicted original with a rate of 1 + tau^2, or of the noise. */
export interface Interval {
  start: number;
  end: number;
  rate: number;
  predictsOriginal: boolean;
}

/**
 * Weight of every prediction, made at `lambdas`, in the integral of their interpolation over a step in lambda.
 * Source: Xue et al. 2023, equations 14 and 17, https://arxiv.org/abs/2309.05019
 */
export function adamsCoefficients(lambdas: readonly number[], { start, end, rate, predictsOriginal }: Interval): number[] {
  const integrals = lambdas.map((_, index) => {
    const power = lambdas.length - 1 - index;
    return predictsOriginal ? positiveIntegral(power, start, end, rate) : negativeIntegral(power, start, end);
  });
  return lambdas.map((lambda, index) => {
    const polynomialOf = lagrange(lambda, lambdas.filter((_, other) => other !== index));
    return sum(0, ...polynomialOf.map((coefficient, power) => f32(coefficient * integrals[power]!)));
  });
}
