import { defineHandler } from '@llmi/core';
import { TransformerHandler } from './handler.js';

export { TransformerHandler } from './handler.js';
export type { LoadedTextModel, TextLoadOptions } from './loaded-text-model.js';

export default defineHandler({ name: 'transformer', create: (model) => new TransformerHandler(model) });
