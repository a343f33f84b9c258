import { LlmiError } from '@llmi/core';
import type { EmbedOptions } from './options.js';
import { tooManyDimensions } from './options.js';
import { normalize } from './pooling.js';

/**
 * What a request does to the vector that a model made: leading dimensions alone, length 1.
 * @throws {LlmiError} INPUT_INVALID for more dimensions than there are, MODEL_FILE_CORRUPT for numbers that are none
 */
export function finishVector(made: Float32Array, { dimensions, normalize: scales }: Pick<EmbedOptions, 'dimensions' | 'normalize'>): Float32Array {
  if (!made.every(Number.isFinite)) throw notFinite();
  if (dimensions !== undefined && dimensions > made.length) throw tooManyDimensions(made.length);
  const vector = dimensions === undefined ? made : made.slice(0, dimensions);
  return scales ? normalize(vector) : vector;
}

/** A model that answers with NaN or infinity. */
export function notFinite(): LlmiError {
  return new LlmiError('MODEL_FILE_CORRUPT', {
    message: 'The model answers with numbers that are not finite.',
    hint: 'Its weights are damaged, or too large for half precision: install it again, or use its fp32 file.',
  });
}
