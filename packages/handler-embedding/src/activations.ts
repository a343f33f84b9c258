/** Functions of torch.nn by the last part of their class name. */
export const activations: Record<string, (value: number) => number> = {
  Identity: (value) => value,
  Tanh: Math.tanh,
  ReLU: (value) => Math.max(0, value),
  Sigmoid: (value) => 1 / (1 + Math.exp(-value)),
  SiLU: (value) => value / (1 + Math.exp(-value)),
  GELU: (value) => 0.5 * value * (1 + erf(value / Math.SQRT2)),
  LeakyReLU: (value) => (value < 0 ? 0.01 * value : value),
  ELU: (value) => (value < 0 ? Math.expm1(value) : value),
  Softplus: (value) => (value > 20 ? value : Math.log1p(Math.exp(value))),
  Hardtanh: (value) => Math.min(1, Math.max(-1, value)),
  Softsign: (value) => value / (1 + Math.abs(value)),
};

/** The function that a path such as `torch.nn.modules.activation.Tanh` names; undefined for code of somebody else's. */
export function activationOf(path: string): ((value: number) => number) | undefined {
  if (!path.startsWith('torch.nn.')) return undefined;
  const name = path.slice(path.lastIndexOf('.') + 1);
  return Object.hasOwn(activations, name) ? activations[name] : undefined;
}

/** Error function. Source: Abramowitz & Stegun 7.1.5 (series) and 7.1.14 (continued fraction), to double precision. */
function erf(value: number): number {
  const x = Math.abs(value);
  if (x > 6) return Math.sign(value);
  if (x < 2.5) {
    let [sum, term] = [x, x];
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(value) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.sign(value) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction));
}
