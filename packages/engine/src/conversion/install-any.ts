import { LlmiError, type HandlerRegistry } from '@llmi/core';
import { parseReference, type InstalledModel, type ModelReference } from '@llmi/hub';
import type { InstallOptions } from '../contract.js';
import { installModel } from '../install.js';
import type { Settings } from '../settings.js';
import { findAlternatives, withAlternatives } from './alternatives.js';
import { convertModel } from './convert-model.js';

/**
 * Installs a model; where no handler reads its format, the same model from another repository, or converted here, as
 * `options.chooseFormat` decides.
 * @throws {LlmiError} as `installModel` and `convertModel`; MODEL_FORMAT_UNSUPPORTED with the ways there are when none is chosen
 */
export async function installAny(reference: ModelReference, registry: HandlerRegistry, settings: Settings, options: InstallOptions): Promise<InstalledModel> {
  const { chooseFormat, signal, onEvent } = options;
  try {
    return await installModel(reference, registry, settings, options);
  } catch (error) {
    if (!LlmiError.is(error) || error.code !== 'MODEL_FORMAT_UNSUPPORTED') throw error;
    const alternatives = await findAlternatives(reference, registry, settings, { signal });
    if (!alternatives) throw error;
    const choice = await chooseFormat?.(alternatives);
    if (!choice) throw withAlternatives(error, alternatives);
    if (choice.take === 'sibling') {
      const quantization = reference.kind === 'hub' && reference.quantization !== undefined ? `:${reference.quantization}` : '';
      return installModel(parseReference(`${choice.id}${quantization}`, '/'), registry, settings, { ...options, file: undefined });
    }
    const { model } = await convertModel(reference, registry, settings, { signal, onEvent });
    return model!;
  }
}
