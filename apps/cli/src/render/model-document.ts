import type { ModelInfo } from '@llmi/core';
import type { ServedModel } from '@llmi/engine';

/** A model's facts for programs, without the model's own JSON and text files: they are what the facts were read from, and large. */
export function factsDocument({ json: _json, text: _text, ...facts }: ModelInfo): Omit<ModelInfo, 'json' | 'text'> {
  return facts;
}

/** An installed model for programs. */
export function installedDocument({ info, ...installed }: ServedModel['installed']) {
  return { ...installed, info: factsDocument(info) };
}
