import { defineHandler } from '@llmi/core';
import { JanusHandler } from './handler.js';

export { JanusHandler } from './handler.js';
export { loadJanus } from './load-janus.js';

export default defineHandler({ name: 'janus', create: (model) => new JanusHandler(model) });
