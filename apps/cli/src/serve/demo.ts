import { LlmiError } from '@llmi/core';
import type { Engine, ServedModel } from '@llmi/engine';
import type { Session } from '../session.js';

/**
 * Attaches the small model that comes along, so that the first minute with llmi needs no download; says plainly what it is.
 * @throws {LlmiError} MODEL_NOT_INSTALLED where its package was left out of the installation
 */
export async function attachDemo(session: Session, engine: Engine): Promise<ServedModel> {
  let demo: { demoModelPath: string; demoModelId: string };
  try {
    demo = await import('@llmi/demo-model');
  } catch (cause) {
    throw new LlmiError('MODEL_NOT_INSTALLED', {
      message: 'No model is installed, and the demo model (@llmi/demo-model) did not come with this installation.',
      hint: 'Install one: llmi install Qwen/Qwen3-0.6B-GGUF:Q8_0',
      cause,
    });
  }
  const served = await engine.attach(demo.demoModelPath, demo.demoModelId);
  session.note('No model is installed, so this is the demo: a very small model of our own that knows a little about llmi, and nothing else.');
  session.note('Go on to a real one: llmi install Qwen/Qwen3-0.6B-GGUF:Q8_0, then start again.\n');
  return served;
}
