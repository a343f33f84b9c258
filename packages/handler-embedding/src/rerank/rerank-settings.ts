import type { ModelInfo } from '@llmi/core';
import { isGguf } from '../gguf/gguf-files.js';
import { readGgufEmbedFacts } from '../gguf/gguf-facts.js';
import { readTextSettings, type TextSettings } from '../text-settings.js';

/** How pairs are prepared for a cross-encoder. */
export type RerankSettings = Pick<TextSettings, 'maxTokens' | 'positionLimit' | 'lowercase'>;

/** @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for an encoder that is used as something else */
export function readRerankSettings(model: ModelInfo): RerankSettings {
  return isGguf(model) ? readGgufEmbedFacts(model).settings : readTextSettings(model, '', 'sequence-classification');
}
