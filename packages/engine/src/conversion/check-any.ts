import { LlmiError, type HandlerRegistry } from '@llmi/core';
import type { ModelReference } from '@llmi/hub';
import { checkModel } from '../check.js';
import type { CheckReport } from '../contract.js';
import type { Settings } from '../settings.js';
import { findAlternatives, withAlternatives } from './alternatives.js';

/**
 * Checks a model; where no handler reads its format, the error names the ways there are.
 * @throws {LlmiError} as `checkModel`
 */
export async function checkAny(reference: ModelReference, registry: HandlerRegistry, settings: Settings, options: { file?: string; signal?: AbortSignal }): Promise<CheckReport> {
  try {
    return (await checkModel(reference, registry, settings, options)).report;
  } catch (error) {
    if (!LlmiError.is(error) || error.code !== 'MODEL_FORMAT_UNSUPPORTED') throw error;
    const alternatives = await findAlternatives(reference, registry, settings, options);
    throw alternatives ? withAlternatives(error, alternatives) : error;
  }
}
