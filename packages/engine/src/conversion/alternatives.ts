import { LlmiError, type HandlerRegistry, type ModelFormat, type ModelInfo } from '@llmi/core';
import { chooseFiles, findSiblings, inspect, type ModelReference, type Sibling } from '@llmi/hub';
import type { Settings } from '../settings.js';
import type { Alternatives } from './contract.js';

/**
 * The ways to a model whose format its handler does not read: the same model in another repository, or a conversion here. Undefined for
 * a model that has other troubles.
 */
export async function findAlternatives(reference: ModelReference, registry: HandlerRegistry, settings: Settings, { signal }: { signal?: AbortSignal }): Promise<Alternatives | undefined> {
  const facts = await inspect(reference, settings.hub, { signal });
  if (facts.formats.join() !== 'safetensors') return undefined;
  const formats = await readFormats(facts, registry, settings);
  const { canConvert } = await import('@llmi/convert');
  const able = canConvert(facts);
  const convertible: Alternatives['convertible'] = !formats.includes('gguf')
    ? { ok: false, reason: 'No installed handler reads a model of this kind in GGUF format.' }
    : able.ok
      ? { ok: true }
      : { ok: false, reason: [able.reason, able.hint].filter((part) => part !== undefined).join(' ') };
  return {
    id: facts.id,
    siblings: reference.kind === 'hub' ? await siblingsOf(facts.id, formats, settings, signal) : [],
    convertible,
    sourceBytes: chooseFiles(facts, { formats: ['safetensors'] }).sizeBytes,
  };
}

/** The formats in which a handler would take the same model. */
async function readFormats(facts: ModelInfo, registry: HandlerRegistry, settings: Settings): Promise<ModelFormat[]> {
  const formats: ModelFormat[] = [];
  for (const format of ['gguf', 'onnx'] as const) {
    try {
      const { manifest } = await registry.select({ ...facts, formats: [format] }, { prefer: settings.preferHandlers });
      if (manifest.formats.includes(format)) formats.push(format);
    } catch (error) {
      if (!LlmiError.is(error)) throw error; // no handler, or none that reads it
    }
  }
  return formats;
}

/** A hub that cannot be searched, as many mirrors, leaves the conversion. */
async function siblingsOf(id: string, formats: ModelFormat[], { hub }: Settings, signal?: AbortSignal): Promise<Sibling[]> {
  try {
    return await findSiblings(id, formats, hub, { signal });
  } catch (error) {
    if (!LlmiError.is(error)) throw error;
    return [];
  }
}

/** The error of a format that is not read, with what can be done instead. */
export function withAlternatives(error: LlmiError, { id, siblings, convertible }: Alternatives): LlmiError {
  const ways = [
    ...siblings.slice(0, 3).map((sibling) => `Take the same model in ${sibling.format.toUpperCase()}: llmi install ${sibling.id}`),
    convertible.ok ? `Convert it here: llmi convert ${id}` : `It cannot be converted here: ${convertible.reason}`,
  ];
  return new LlmiError(error.code, { message: error.message, hint: ways.join('\n'), cause: error });
}
