import { defineHandler } from '@llmi/core';
import { createHandler } from './create-handler.js';
import { takesModel } from './kind-of-model.js';

export { EmbeddingHandler } from './handler.js';
export { JointEmbeddingHandler } from './joint/joint-handler.js';
export type { LoadedJointEmbedder } from './joint/loaded-joint-embedder.js';
export { loadEmbedder, loadJointEmbedder, loadReranker } from './load-embedder.js';
export type { LoadedEmbedder } from './loaded-embedder.js';
export type { LoadedReranker } from './rerank/loaded-reranker.js';
export { RerankerHandler } from './rerank/reranker-handler.js';

export default defineHandler({ name: 'embedding', create: createHandler, matches: takesModel });
