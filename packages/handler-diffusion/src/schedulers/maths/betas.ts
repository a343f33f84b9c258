import { f32, linspace32, sqrt32 } from './float32.js';

export type BetaSchedule = 'linear' | 'scaled_linear' | 'squaredcos_cap_v2' | 'exp' | 'laplace' | 'sigmoid';

export interface BetaOptions {
  num_train_timesteps: number;
  beta_start: number;
  beta_end: number;
  beta_schedule: BetaSchedule;
  trained_betas?: number[];
}

/** Share of the signal that is left at time t in [0, 1]. Cosine: Nichol & Dhariwal 2021, https://arxiv.org/abs/2102.09672 */
const alphaBars: Partial<Record<BetaSchedule, (t: number) => number>> = {
  squaredcos_cap_v2: (t) => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2,
  exp: (t) => Math.exp(t * -12),
  laplace: (t) => {
    const logSnr = -0.5 * Math.sign(0.5 - t || 1) * Math.log(1 - 2 * Math.abs(0.5 - t) + 1e-6);
    const snr = Math.exp(logSnr);
    return Math.sqrt(snr / (1 + snr));
  },
};

/** No step may take away more than this share of the signal. */
const largestBeta = 0.999;

/** Variance of the noise that every training step adds: [num_train_timesteps]. Reference: diffusers, `betas` of every scheduler. */
export function makeBetas({ num_train_timesteps: count, beta_start, beta_end, beta_schedule, trained_betas }: BetaOptions): Float32Array {
  if (trained_betas) return Float32Array.from(trained_betas);
  if (beta_schedule === 'linear') return linspace32(beta_start, beta_end, count);
  if (beta_schedule === 'scaled_linear') return linspace32(beta_start ** 0.5, beta_end ** 0.5, count).map((root) => root * root);
  if (beta_schedule === 'sigmoid') {
    const [range, start] = [f32(beta_end - beta_start), f32(beta_start)];
    return linspace32(-6, 6, count).map((x) => f32(f32(1 / (1 + Math.exp(-x))) * range) + start);
  }
  const alphaBar = alphaBars[beta_schedule]!;
  return Float32Array.from({ length: count }, (_, index) => Math.min(1 - alphaBar((index + 1) / count) / alphaBar(index / count), largestBeta));
}

/** The running product of 1 - beta, summed up as torch.cumprod does: in double precision, every entry rounded to float32. */
export function cumulativeAlphas(betas: Float32Array): Float32Array {
  let product = 1;
  return betas.map((beta) => (product *= f32(1 - beta)));
}

/**
 * Betas whose last step leaves no signal at all (zero terminal SNR).
 * Source: Lin et al. 2023, algorithm 1, https://arxiv.org/abs/2305.08891
 */
export function rescaleZeroTerminalSnr(betas: Float32Array): Float32Array {
  const roots = cumulativeAlphas(betas).map(sqrt32);
  const [first, last] = [roots[0]!, roots[roots.length - 1]!];
  const scale = f32(first / f32(first - last));
  const products = roots.map((root) => {
    const shifted = f32(f32(root - last) * scale);
    return shifted * shifted;
  });
  return products.map((product, index) => 1 - (index === 0 ? product : f32(product / products[index - 1]!)));
}

/** Noise to signal of every training step: sqrt((1 - alphaBar) / alphaBar). */
export function trainingSigmas(alphasCumprod: Float32Array): Float32Array {
  return alphasCumprod.map((alpha) => sqrt32(f32(f32(1 - alpha) / alpha)));
}

/** With zero terminal SNR the last sigma is infinite; solvers in sigma take this alpha product instead, the smallest float16. */
export const smallestAlphaProduct = 2 ** -24;
