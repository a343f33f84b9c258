import { defineHandler } from '@llmi/core';
import { JointEmbeddingHandler } from './joint/joint-handler.js';

/** Entry of the handler by which a user takes a model for its vectors that would otherwise compare pictures with labels. */
export default defineHandler({ name: 'joint-embedding', create: (model) => new JointEmbeddingHandler(model) });
