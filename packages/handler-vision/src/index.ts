import { defineHandler } from '@llmi/core';
import { VisionHandler } from './handler.js';

export { VisionHandler } from './handler.js';
export { loadVision } from './load-vision.js';
export type { LoadedVisionModel } from './loaded-vision-model.js';

export default defineHandler({ name: 'vision', create: (model) => new VisionHandler(model) });
