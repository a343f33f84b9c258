import type { ServedModel } from '@llmi/engine';
import type { Gateway } from '../../gateway.js';
import { chooseModel } from '../../model-choice.js';

/** `name:latest` is how this API writes a name without a tag. @throws {LlmiError} MODEL_NOT_INSTALLED */
export function findModel(gateway: Gateway, name: string): Promise<ServedModel> {
  return chooseModel(gateway, name.replace(/:latest$/, ''));
}
