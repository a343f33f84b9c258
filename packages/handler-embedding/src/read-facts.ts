import type { ModelInfo } from '@llmi/core';
import { isGguf } from './gguf/gguf-files.js';
import { readGgufEmbedFacts } from './gguf/gguf-facts.js';
import { readPipeline } from './modules.js';
import type { EmbedFacts } from './options.js';
import { readTextSettings } from './text-settings.js';

/** How a model of texts works, from its files' headers and configurations. @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED, MODEL_FILE_CORRUPT, MODEL_FILE_MISSING */
export function readFacts(model: ModelInfo): EmbedFacts {
  if (isGguf(model)) return readGgufEmbedFacts(model);
  const pipeline = readPipeline(model);
  return { pipeline, settings: readTextSettings(model, pipeline.transformerFolder) };
}
