import { LlmiError, type HandlerRegistry } from '@llmi/core';
import { inspect, parseReference, type InstalledModel, type ModelReference } from '@llmi/hub';
import type { InstallOptions } from '../contract.js';
import { adapterOf } from '../adapters/adapter.js';
import { installAdapter } from '../adapters/install-adapter.js';
import { installModel } from '../install.js';
import type { Settings } from '../settings.js';
import { findAlternatives, withAlternatives } from './alternatives.js';
import { convertModel } from './convert-model.js';

/**
 * Installs a model; an adapter onto its base; where no handler reads its format, the same model from another repository, or converted here, as
 * `options.chooseFormat` decides.
 * @throws {LlmiError} as `installModel` and `convertModel`; MODEL_FORMAT_UNSUPPORTED with the ways there are when none is chosen
 */
export async function installAny(reference: ModelReference, registry: HandlerRegistry, settings: Settings, options: InstallOptions): Promise<InstalledModel> {
  const { chooseFormat, keepSource, signal, onEvent } = options;
  try {
    return await installModel(reference, registry, settings, options);
  } catch (error) {
    if (!LlmiError.is(error) || error.code !== 'MODEL_FORMAT_UNSUPPORTED') throw error;
    const facts = await inspect(reference, settings.hub, { signal });
    const adapter = adapterOf(facts);
    if (adapter) {
      const installBase = (base: ModelReference) => installAny(base, registry, settings, { ...options, file: undefined, base: undefined });
      return await installAdapter(facts, adapter, { ...options, reference, settings, installBase });
    }
    const alternatives = await findAlternatives(reference, registry, settings, { signal });
    if (!alternatives) throw error;
    const choice = await chooseFormat?.(alternatives);
    if (!choice) throw withAlternatives(error, alternatives);
    if (choice.take === 'sibling') {
      const quantization = reference.kind === 'hub' && reference.quantization !== undefined ? `:${reference.quantization}` : '';
      return installModel(parseReference(`${choice.id}${quantization}`, '/'), registry, settings, { ...options, file: undefined });
    }
    const { model } = await convertModel(reference, registry, settings, { keepSource, signal, onEvent });
    return model!;
  }
}
