import { fileURLToPath } from 'node:url';

/** The name under which llmi serves the demo model. */
export const demoModelId = 'llmi/demo';

/** Absolute path of the demo model: one GGUF file, a chat model with Q8_0 weights. */
export const demoModelPath: string = fileURLToPath(new URL('../model/llmi-demo-q8_0.gguf', import.meta.url));
