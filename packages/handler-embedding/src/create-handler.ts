import type { ModelInfo } from '@llmi/core';
import { EmbeddingHandler } from './handler.js';
import { JointEmbeddingHandler } from './joint/joint-handler.js';
import { kindOfModel } from './kind-of-model.js';
import { RerankerHandler } from './rerank/reranker-handler.js';

/** The handler of the kind that a model is. */
export function createHandler(model: ModelInfo): EmbeddingHandler | JointEmbeddingHandler | RerankerHandler {
  switch (kindOfModel(model)) {
    case 'joint':
      return new JointEmbeddingHandler(model);
    case 'reranker':
      return new RerankerHandler(model);
    case 'text':
      return new EmbeddingHandler(model);
  }
}
