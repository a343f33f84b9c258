import { LlmiError, type HandlerRegistry } from '@llmi/core';
import { inspect, parseReference, type ModelReference } from '@llmi/hub';
import { adapterOf } from '../adapters/adapter.js';
import { checkModel } from '../check.js';
import type { CheckOptions, CheckReport } from '../contract.js';
import type { Settings } from '../settings.js';
import { findAlternatives, withAlternatives } from './alternatives.js';

/**
 * Checks a model, for an adapter the one that it goes onto; where no handler reads its format, the error names the ways there are.
 * @throws {LlmiError} as `checkModel`
 */
export async function checkAny(reference: ModelReference, registry: HandlerRegistry, settings: Settings, options: CheckOptions): Promise<CheckReport> {
  try {
    return (await checkModel(reference, registry, settings, options)).report;
  } catch (error) {
    if (!LlmiError.is(error) || error.code !== 'MODEL_FORMAT_UNSUPPORTED') throw error;
    const facts = await inspect(reference, settings.hub, { signal: options.signal });
    const adapter = adapterOf(facts);
    const base = options.base ?? adapter?.base;
    if (adapter && base !== undefined) {
      const report = await checkAny(parseReference(base, process.cwd()), registry, settings, { ...options, file: undefined, base: undefined });
      return { ...report, adapter: { id: facts.id, base, sizeBytes: adapter.weights.sizeBytes } };
    }
    const alternatives = adapter ? undefined : await findAlternatives(reference, registry, settings, options);
    throw alternatives ? withAlternatives(error, alternatives) : error;
  }
}
