import { LlmiError } from '@llmi/core';
import type { Engine, ServedModel } from '@llmi/engine';
import type { Session } from './session.js';

/** The demo's name; a copy of `demoModelId`, so that its package is loaded only when it is meant. */
export const demoName = 'llmi/demo';

/**
 * The small model that comes along, so that the first minute with llmi needs no download.
 * @throws {LlmiError} MODEL_NOT_INSTALLED where its package was left out of the installation
 */
export async function attachDemo(engine: Engine): Promise<ServedModel> {
  let demo: { demoModelPath: string; demoModelId: string };
  try {
    demo = await import('@llmi/demo-model');
  } catch (cause) {
    throw new LlmiError('MODEL_NOT_INSTALLED', {
      message: 'The demo model (@llmi/demo-model) did not come with this installation.',
      hint: 'Install a model: llmi install Qwen/Qwen3-0.6B-GGUF:Q8_0',
      cause,
    });
  }
  return engine.attach(demo.demoModelPath, demo.demoModelId);
}

/** The demo in the place of a model that nobody has named or installed; says plainly what it is. */
export async function demoInstead(session: Session, engine: Engine, next: string): Promise<ServedModel> {
  const demo = await attachDemo(engine);
  session.note('No model is installed, so this is the demo: a very small model of our own that knows a little about llmi, and nothing else.');
  session.note(`Go on to a real one: llmi install Qwen/Qwen3-0.6B-GGUF:Q8_0${next}\n`);
  return demo;
}
