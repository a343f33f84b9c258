import { defineHandler } from '@llmi/core';
import { MyModelHandler } from './handler.js';

export { MyModelHandler } from './handler.js';

export default defineHandler({ name: 'my-model', create: (model) => new MyModelHandler(model) });
