import { f32, sqrt32 } from './maths/float32.js';

/**
 * How far down a step goes and how much noise brings it up again, so that it ends at `to`; `mostIsTo` holds the noise
 * at `to`, also where roundings leave no root.
 * Source: k-diffusion, get_ancestral_step.
 */
export function ancestralSigmas(from: number, to: number, { mostIsTo = false } = {}): { up: number; down: number } {
  const [fromSquared, toSquared] = [f32(from * from), f32(to * to)];
  const root = sqrt32(f32(f32(toSquared * f32(fromSquared - toSquared)) / fromSquared));
  const up = mostIsTo && !(root < to) ? to : root;
  return { up, down: sqrt32(f32(toSquared - f32(up * up))) };
}
