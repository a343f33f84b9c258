import { LlmiError } from '@llmi/core';
import { parseReference, type InstalledModel, type ModelReference, type ModelStore } from '@llmi/hub';

/**
 * The model that an adapter goes onto: an installed one, or it is installed now.
 * @param wanted name of an installed model, or whatever can be installed
 * @throws {LlmiError} INPUT_INVALID when nobody says which it is; as `install`
 */
export async function findBase(wanted: string | undefined, store: ModelStore, install: (reference: ModelReference) => Promise<InstalledModel>): Promise<InstalledModel> {
  if (wanted !== undefined) return (await installedBase(wanted, store)) ?? install(parseReference(wanted, process.cwd()));
  throw new LlmiError('INPUT_INVALID', { message: 'The adapter does not say which model it is for.', hint: 'Name it: --base ORG/NAME', param: 'base' });
}

/** By its name; or one that says that it is a quantization of what is wanted. */
async function installedBase(wanted: string, store: ModelStore): Promise<InstalledModel | undefined> {
  try {
    return await store.get(wanted);
  } catch (error) {
    if (!LlmiError.is(error) || error.code !== 'MODEL_NOT_INSTALLED') throw error;
  }
  const { models } = await store.list();
  return models.find(({ adapter, info }) => !adapter && info.tags.some((tag) => tag === `base_model:${wanted}` || tag === `base_model:quantized:${wanted}`));
}
