import { basename } from 'node:path';
import { LlmiError, type BaseHandler } from '@llmi/core';
import type { InstalledModel } from '@llmi/hub';
import { axolotlRecipe } from './axolotl-recipe.js';
import type { TrainingOptions, TrainingRecipe } from './contract.js';
import { readTrainingData } from './read-data.js';
import { trlRecipe } from './trl-recipe.js';

/**
 * A runnable recipe to fine-tune a model: what its handler recommends, in the words of a trainer. The adapter that comes back installs
 * with `llmi install ./adapter`.
 * @throws {LlmiError} INPUT_INVALID for the data, or when nobody says which weights to train from; INPUT_UNSUPPORTED for a kind of model that is not trained this way
 */
export async function trainingRecipe(model: InstalledModel, handler: BaseHandler, { data, trainer = 'trl', method, base = baseOf(model), signal }: TrainingOptions): Promise<TrainingRecipe> {
  if (!handler.getModelCapabilities().tasks.includes('text-generation')) {
    throw new LlmiError('INPUT_UNSUPPORTED', { message: `There is no recipe to train ${model.name}: it generates no text.`, hint: 'Recipes are for models whose task is text-generation.' });
  }
  if (base === undefined) {
    throw new LlmiError('INPUT_INVALID', {
      message: `The weights that ${model.name} was made of are not known, and its own cannot be trained.`,
      hint: 'Name their repository or folder: --base ORG/NAME',
      param: 'base',
    });
  }
  const read = await readTrainingData(data, { signal });
  const recommended = handler.getTrainingParams();
  const params = { ...recommended, method: method ?? recommended.method, ...(method === 'lora' && recommended.method === 'full' ? { learningRate: adapterLearningRate } : {}) };
  const files = trainer === 'trl' ? trlRecipe(base, read, params) : axolotlRecipe(base, read, params);
  const result = params.method === 'lora' ? 'adapter' : 'model';
  const run = trainer === 'trl' ? 'python train.py' : 'axolotl train axolotl.yaml';
  const install = `llmi install ./${result}${params.method === 'full' ? ' --convert' : ''}`;
  const commands = ['python -m venv .venv', '.venv/bin/pip install -r requirements.txt', `.venv/bin/${run}`, install];
  return { base, trainer, data: read, files: { ...files, 'README.md': readme(model, base, read.path, commands) }, commands };
}

/** Source: Hu et al. 2021 (LoRA): an adapter takes larger steps than all weights do. */
const adapterLearningRate = 2e-4;

/** Where the unquantized weights are. */
function baseOf({ id, source, info, converted, adapter }: InstalledModel): string | undefined {
  if (adapter) return info.baseModel;
  if (converted) return converted.from;
  const original = info.tags.map((tag) => /^base_model:quantized:(.+)$/.exec(tag)?.[1]).find((found) => found !== undefined);
  return original ?? (source === 'hub' && info.formats.includes('safetensors') ? id : undefined);
}

const readme = ({ name }: InstalledModel, base: string, data: string, commands: string[]) => `# Fine-tuning for ${name}

From the weights of ${base}, on the examples of ${basename(data)}, which lie beside this file.

${commands.map((command) => `    ${command}`).join('\n')}
`;
