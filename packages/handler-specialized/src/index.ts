import { defineHandler } from '@llmi/core';
import { isSpecialized } from './find-tasks.js';
import { SpecializedHandler } from './handler.js';

export { SpecializedHandler } from './handler.js';
export { loadSpecialized } from './load-specialized.js';
export type { GraphSignature } from './graph/signature.js';
export type { LoadedSpecializedModel } from './loaded-specialized-model.js';

export default defineHandler({ name: 'specialized', create: (model) => new SpecializedHandler(model), matches: isSpecialized });
