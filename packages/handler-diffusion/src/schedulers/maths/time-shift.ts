/** Rounding of the number type at hand: float32, or none for doubles. */
type Round = (value: number) => number;

/** More steps where there is more noise: sigma by a fixed shift. Source: Esser et al. 2024, equation 23, https://arxiv.org/abs/2403.03206 */
export function shiftSigma(sigma: number, shift: number, round: Round = (value) => value): number {
  return round(round(round(shift) * sigma) / round(1 + round(round(shift - 1) * sigma)));
}

/** The shift by mu, which grows with the number of tokens of the picture. Reference: `time_shift` of diffusers' FlowMatchEulerDiscreteScheduler. */
export function shiftSigmaByMu(sigma: number, mu: number, type: 'exponential' | 'linear', round: Round = (value) => value): number {
  const shift = round(type === 'exponential' ? Math.exp(mu) : mu);
  return round(shift / round(shift + round(round(1 / sigma) - 1)));
}

/** Sigmas stretched so that the last one is `terminal`. Source: LTX-Video, https://arxiv.org/abs/2501.00103 */
export function stretchToTerminal(sigmas: readonly number[], terminal: number, round: Round = (value) => value): number[] {
  const scale = round(round(1 - sigmas[sigmas.length - 1]!) / round(1 - terminal));
  return sigmas.map((sigma) => round(1 - round(round(1 - sigma) / scale)));
}
