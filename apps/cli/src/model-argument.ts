import { existsSync } from 'node:fs';
import { LlmiError } from '@llmi/core';
import type { Engine, ServedModel } from '@llmi/engine';
import { attachDemo, demoInstead, demoName } from './demo.js';
import type { Session } from './session.js';
import { expandPath } from './settings/home.js';
import type { Terminal } from './terminal.js';

const weightFile = /\.(gguf|onnx|safetensors)$/i;

/** True for text that can only be a path: it starts as one, or names a weight file that is there. */
function isPath(text: string, cwd: string): boolean {
  if (/^(\.{1,2}([/\\]|$)|~([/\\]|$)|\/|\\|[a-z]:[/\\])/i.test(text)) return true;
  return weightFile.test(text) && existsSync(expandPath(text, { cwd, homeDirectory: cwd }));
}

/** What the person wrote as a model, with a path made absolute: the engine need not know where one stands. */
export function modelReference(text: string, terminal: Terminal): string {
  return isPath(text, terminal.cwd) ? expandPath(text, terminal) : text;
}

/**
 * The model that the person means: an installed one by its name, the demo by its own, or a folder or file by its path.
 * @throws {LlmiError} MODEL_NOT_INSTALLED with the command that installs it
 */
export async function findModel(engine: Engine, text: string, terminal: Terminal): Promise<ServedModel> {
  const reference = modelReference(text, terminal);
  if (reference !== text) return engine.attach(reference);
  try {
    return await engine.find(text);
  } catch (error) {
    if (!LlmiError.is(error) || error.code !== 'MODEL_NOT_INSTALLED') throw error;
    const folder = expandPath(text, terminal);
    if (existsSync(folder)) return engine.attach(folder);
    if (text === demoName) return attachDemo(engine);
    if (weightFile.test(text)) throw new LlmiError('MODEL_NOT_FOUND', { message: `There is no file ${text}.`, hint: 'Check the path; "llmi list" shows the models by their names.', cause: error });
    const install = error.hint?.includes('llmi install') ? undefined : `Install it with: llmi install ${text}`;
    const demo = (await engine.models()).length > 0 ? undefined : `The demo needs no download: llmi run ${demoName}`;
    throw new LlmiError('MODEL_NOT_INSTALLED', {
      message: error.message,
      hint: [error.hint, install, demo].filter(Boolean).join('\n'),
      param: error.param,
      cause: error,
    });
  }
}

/**
 * The model for somebody who names none: the only one that is installed, or the demo where there is none.
 * @throws {LlmiError} USAGE with the names to choose from
 */
export async function onlyModel(session: Session, engine: Engine): Promise<ServedModel> {
  const models = await engine.models();
  if (models.length === 0) return demoInstead(session, engine, '');
  if (models.length === 1) return models[0]!;
  throw new LlmiError('USAGE', { message: 'There are several models, and none is named.', hint: `Name one: ${models.map(({ name }) => name).join(', ')}` });
}
