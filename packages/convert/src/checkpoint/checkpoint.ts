import { readSafetensorsTensors, type SafetensorsTensor } from '@llmi/hub';
import { LlmiError } from '@llmi/core';
import { corrupt, missing } from '../errors.js';
import { isObject, type ModelFolder } from '../model-folder.js';
import { WeightFile } from './weight-file.js';

/** A tensor of a checkpoint and the file that holds it. */
export interface CheckpointTensor extends SafetensorsTensor {
  file: WeightFile;
}

/** The safetensors files of a model, opened: tensors by file, then by name or place, as the reference converters take them. */
export class Checkpoint implements AsyncDisposable {
  readonly #files: WeightFile[] = [];

  private constructor(readonly tensors: CheckpointTensor[]) {}

  /**
   * @param prefix what the names of the weight files start with; tensors of an adapter keep the order in which they lie in the file
   * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FILE_REFUSED for pickled weights only
   */
  static async open(folder: ModelFolder, prefix: 'model' | 'adapter_model' = 'model'): Promise<Checkpoint> {
    const index = await weightMap(folder, prefix);
    const names = index ? [...new Set(index.values())].sort() : folder.fileNames.filter((name) => name.startsWith(prefix) && name.endsWith('.safetensors'));
    if (names.length === 0) throw noWeights(folder, prefix);
    const checkpoint = new Checkpoint([]);
    try {
      for (const name of names) await checkpoint.#add(name, await folder.file(name), prefix === 'model');
      if (index) checkIndex(index, checkpoint.tensors);
    } catch (error) {
      await checkpoint[Symbol.asyncDispose]();
      throw error;
    }
    return checkpoint;
  }

  async #add(name: string, path: string, byName: boolean): Promise<void> {
    const file = await WeightFile.open(path, name);
    this.#files.push(file);
    const tensors = await readSafetensorsTensors(file);
    tensors.sort((left, right) => (byName ? (left.name < right.name ? -1 : 1) : left.offset - right.offset));
    for (const tensor of tensors) this.tensors.push({ ...tensor, file });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files.splice(0)) await file[Symbol.asyncDispose]();
  }
}

/** File by tensor name, from the index of a sharded model. */
async function weightMap(folder: ModelFolder, prefix: string): Promise<Map<string, string> | undefined> {
  const name = `${prefix}.safetensors.index.json`;
  const index = await folder.json(name);
  if (index === undefined) return undefined;
  if (!isObject(index['weight_map'])) throw corrupt(`${name} has no weight_map.`);
  const entries = Object.entries(index['weight_map']);
  const wrong = entries.find(([, file]) => typeof file !== 'string' || !file.endsWith('.safetensors'));
  if (wrong) throw corrupt(`${name} puts the tensor ${JSON.stringify(wrong[0])} into no safetensors file.`);
  return new Map(entries as [string, string][]);
}

function checkIndex(index: Map<string, string>, tensors: readonly CheckpointTensor[]): void {
  const found = new Set(tensors.map(({ name }) => name));
  const lost = [...index].find(([name]) => !found.has(name));
  if (lost) throw corrupt(`${lost[1]} lacks the tensor ${JSON.stringify(lost[0])} that the index promises.`);
  const extra = tensors.find(({ name }) => !index.has(name));
  if (extra) throw corrupt(`${extra.file.name} has the tensor ${JSON.stringify(extra.name)} that the index does not know.`);
}

function noWeights(folder: ModelFolder, prefix: string): LlmiError {
  const pickled = folder.fileNames.find((name) => /\.(bin|pt|pth|ckpt|pkl)$/i.test(name));
  if (pickled === undefined) return missing(`${prefix}.safetensors`);
  return new LlmiError('MODEL_FILE_REFUSED', {
    message: `The weights are in ${pickled}, a pickle file. Opening one can run any code, so llmi never does.`,
    hint: 'Look for a version of the model with safetensors files: many repositories have one on another branch.',
  });
}
