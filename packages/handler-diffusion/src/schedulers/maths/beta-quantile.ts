/** Terms of the continued fraction converge long before this for the shapes used here. */
const mostTerms = 500;

/** log of the gamma function. Source: Lanczos 1964 with the nine coefficients of Godfrey, g = 7; relative error below 1e-14. */
function logGamma(x: number): number {
  const coefficients = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012,
    9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  const t = shifted + 7.5;
  const sum = coefficients.slice(1).reduce((total, coefficient, index) => total + coefficient / (shifted + index + 1), coefficients[0]!);
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Continued fraction of the incomplete beta function (modified Lentz). Source: DLMF 8.17.22, https://dlmf.nist.gov/8.17 */
function betaFraction(x: number, a: number): number {
  let c = 1;
  let d = 1 / (1 - (2 * a * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < mostTerms; m++) {
    const even = (m * (a - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    fraction *= c * d;
    const odd = (-(a + m) * (2 * a + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    const change = c * d;
    fraction *= change;
    if (Math.abs(change - 1) < Number.EPSILON) break;
  }
  return fraction;
}

/** Share of Beta(a, a) below x. */
function betaShare(x: number, a: number): number {
  if (x > 0.5) return 1 - betaShare(1 - x, a);
  if (x === 0) return 0;
  const logFront = logGamma(2 * a) - 2 * logGamma(a) + a * Math.log(x) + a * Math.log1p(-x);
  return (Math.exp(logFront) / a) * betaFraction(x, a);
}

/**
 * The x below which a share of the symmetric distribution Beta(a, a) lies, by bisection to the last bit and by symmetry above one half.
 * Reference: scipy.stats.beta.ppf(share, a, a).
 */
export function betaQuantile(share: number, a: number): number {
  if (share <= 0) return 0;
  if (share >= 1) return 1;
  if (share > 0.5) return 1 - betaQuantile(1 - share, a);
  let [low, high] = [0, 0.5];
  for (let middle = 0.25; middle > low && middle < high; middle = (low + high) / 2) {
    if (betaShare(middle, a) < share) low = middle;
    else high = middle;
  }
  return high;
}
