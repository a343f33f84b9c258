import { copyFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LlmiError } from '@llmi/core';
import { makeEmptyFolder } from '../empty-folder.js';
import { withInterrupt } from '../interrupt.js';
import { findModel } from '../model-argument.js';
import type { CommonOptions, Session } from '../session.js';
import { expandPath } from '../settings/home.js';

interface TrainConfigOptions extends CommonOptions {
  data?: string;
  trainer?: 'trl' | 'axolotl';
  method?: 'lora' | 'full';
  base?: string;
  out?: string;
}

export async function run(session: Session, { data, trainer, method, base, out }: TrainConfigOptions, model: string): Promise<void> {
  const { terminal } = session;
  if (data === undefined) throw new LlmiError('USAGE', { message: 'There is nothing to learn from.', hint: 'Name a file of examples: --data examples.jsonl' });
  const engine = await session.engine();
  const { name } = await findModel(engine, model, terminal);
  const recipe = await withInterrupt(terminal, (signal) => engine.trainConfig(name, { data: expandPath(data, terminal), trainer, method, base, signal }));
  const folder = expandPath(out ?? `train-${basename(name).replace(/[^\w.-]/g, '-')}`, terminal);
  await makeEmptyFolder(folder);
  for (const [path, content] of Object.entries(recipe.files)) await writeFile(join(folder, path), content);
  await copyFile(recipe.data.path, join(folder, basename(recipe.data.path)));
  if (session.json) return session.document({ type: 'training_recipe', folder, base: recipe.base, trainer: recipe.trainer, examples: recipe.data.examples, layout: recipe.data.layout, files: Object.keys(recipe.files), commands: recipe.commands });
  session.print(`Wrote ${folder}: ${recipe.data.examples} examples (${recipe.data.layout}), to train ${recipe.base} with ${recipe.trainer}`);
  session.print(`  cd ${folder}`);
  for (const command of recipe.commands) session.print(`  ${command}`);
}
