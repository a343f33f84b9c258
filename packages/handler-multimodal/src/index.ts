import { defineHandler } from '@llmi/core';
import { MultimodalHandler } from './handler.js';

export { MultimodalHandler } from './handler.js';
export { loadMultimodal } from './load-multimodal.js';

export default defineHandler({ name: 'multimodal', create: (model) => new MultimodalHandler(model) });
