import { LlmiError } from '@llmi/core';
import type { ServedModel } from '@llmi/engine';
import type { Gateway } from './gateway.js';

/** Names listed in a hint; more only drown the reader. */
const namesShown = 20;

/** An absolute or relative path, or one with a drive: a request names a model, never a file of the server. */
const pathLike = /^[./~\\]|^[a-z]:|\\|(^|\/)\.\.(\/|$)|\0/i;

/**
 * The model that a request is for: the one it names, else the server's default, else the only one there is. Never another.
 * @throws {LlmiError} MODEL_NOT_INSTALLED, MODEL_AMBIGUOUS, INPUT_INVALID
 */
export async function chooseModel({ engine, defaultModel }: Gateway, asked?: string): Promise<ServedModel> {
  const name = asked ?? defaultModel;
  if (name !== undefined) return findModel(engine, name);
  const models = await engine.models();
  if (models.length === 1) return models[0]!;
  if (models.length === 0) throw noModel();
  throw new LlmiError('INPUT_INVALID', {
    message: `${models.length} models are served here: say which in "model".`,
    hint: `One of: ${shownNames(models)}.`,
    param: 'model',
  });
}

async function findModel(engine: Gateway['engine'], name: string): Promise<ServedModel> {
  if (!pathLike.test(name)) {
    return engine.find(name).catch((error: unknown) => {
      if (!LlmiError.is(error)) throw error;
      const { code, message, hint, cause } = error;
      throw new LlmiError(code, { message, hint, cause, param: 'model' });
    });
  }
  const served = (await engine.models()).find((model) => model.name === name);
  if (served) return served;
  throw new LlmiError('MODEL_NOT_INSTALLED', { message: `There is no model "${name}".`, hint: 'Name a model of GET /models; a path is no name.', param: 'model' });
}

export function noModel(): LlmiError {
  return new LlmiError('MODEL_NOT_INSTALLED', {
    message: 'No model is installed.',
    hint: 'Install one: llmi install Qwen/Qwen3-0.6B-GGUF:Q8_0',
  });
}

function shownNames(models: ServedModel[]): string {
  const names = models.slice(0, namesShown).map(({ name }) => name);
  return models.length > namesShown ? `${names.join(', ')} ... (GET /models lists all ${models.length})` : names.join(', ');
}
