import { defineHandler } from '@llmi/core';
import { EmbeddingHandler } from './handler.js';

export { EmbeddingHandler } from './handler.js';
export { loadEmbedder } from './load-embedder.js';
export type { LoadedEmbedder } from './loaded-embedder.js';

export default defineHandler({ name: 'embedding', create: (model) => new EmbeddingHandler(model) });
