/** Positive nodes and weights of the 21-point Kronrod rule; the last node is the middle. Source: QUADPACK dqk21, https://www.netlib.org/quadpack/dqk21.f */
const nodes = [
  0.9956571630258081, 0.9739065285171717, 0.9301574913557082, 0.8650633666889845, 0.7808177265864169, 0.6794095682990244, 0.5627571346686047, 0.4333953941292472,
  0.2943928627014602, 0.14887433898163122, 0,
];
const weights = [
  0.011694638867371874, 0.032558162307964725, 0.054755896574351995, 0.07503967481091996, 0.0931254545836976, 0.10938715880229764, 0.12349197626206584,
  0.13470921731147334, 0.14277593857706009, 0.1477391049013385, 0.1494455540029169,
];

/**
 * The integral of `derivative` from `start` to `end` by one application of the 21-point Kronrod rule, exact for polynomials up to degree 31.
 * scipy.integrate.quad, which diffusers calls for polynomials of degree 3, stops after this one too.
 */
export function integrate(derivative: (x: number) => number, start: number, end: number): number {
  const [centre, half] = [(start + end) / 2, (end - start) / 2];
  return half * nodes.reduce((sum, node, index) => {
    const value = node === 0 ? derivative(centre) : derivative(centre - half * node) + derivative(centre + half * node);
    return sum + weights[index]! * value;
  }, 0);
}
