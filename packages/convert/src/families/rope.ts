import { isObject, type JsonObject } from '../model-folder.js';
import type { ModelConfig } from './model-config.js';

/** Rotary position parameters, under the names of transformers; for models with two kinds of attention one set for each. */
export type RopeParameters = JsonObject;

/**
 * Gathers them from `rope_parameters` or `rope_scaling` and the keys beside it.
 *
 * Source: TextModel.__init__ of llama.cpp's conversion/base.py
 */
export function ropeParameters(config: ModelConfig): RopeParameters {
  const own = config.values['rope_parameters'] !== undefined ? config.values['rope_parameters'] : config.values['rope_scaling'];
  const rope: RopeParameters = isObject(own) ? { ...own } : {};
  if ('full_attention' in rope || 'sliding_attention' in rope) return rope;
  const local = config.number('local_rope_theta', 'rope_local_theta', 'rope_theta_local', 'swa_rope_theta', 'rope_local_base_freq');
  if (local !== undefined) rope['sliding_attention'] = { rope_theta: local };
  const mirrored: [string, unknown][] = [
    ['rope_theta', config.number('global_rope_theta', 'rope_global_theta', 'rope_theta_global', 'rope_theta', 'rotary_emb_base')],
    ['rope_type', rope['type'] ?? undefined],
    ['partial_rotary_factor', config.number('partial_rotary_factor', 'rope_pct', 'rope_percent')],
    ['original_max_position_embeddings', config.number('original_max_position_embeddings')],
  ];
  for (const [key, value] of mirrored) if (!(key in rope) && value !== undefined) rope[key] = value;
  return rope;
}

/** The parameters of global attention. */
export function globalRope(rope: RopeParameters): JsonObject {
  return isObject(rope['full_attention']) ? rope['full_attention'] : rope;
}

const { fround } = Math;

/**
 * By how much each rotary frequency is divided so that a LLaMA 3 model reaches beyond the context it was first trained for.
 *
 * Shapes: one factor per pair of dimensions, `dimensions / 2`. In single precision throughout, as the reference computes.
 * Source: LlamaModel.generate_extra_tensors of llama.cpp's conversion/llama.py
 */
export function llama3Factors(rope: JsonObject, dimensions: number): Float32Array {
  const value = (key: string, otherwise: number) => (typeof rope[key] === 'number' ? rope[key] : otherwise);
  const base = value('rope_theta', 10_000);
  const factor = value('factor', 8);
  const low = value('low_freq_factor', 1);
  const high = value('high_freq_factor', 4);
  const context = value('original_max_position_embeddings', 8192);
  const factors = new Float32Array(Math.ceil(dimensions / 2));
  for (let index = 0; index < factors.length; index++) {
    const frequency = fround(1 / fround(base ** fround((2 * index) / dimensions)));
    const wavelength = fround(fround(1 / frequency) * fround(2 * Math.PI));
    if (wavelength < fround(context / high)) factors[index] = 1;
    else if (wavelength > fround(context / low)) factors[index] = factor;
    else {
      const smooth = fround(fround(fround(fround(1 / wavelength) * context) - low) / fround(high - low));
      factors[index] = fround(1 / fround(fround(fround(1 - smooth) / fround(factor)) + smooth));
    }
  }
  return factors;
}
