import { mkdir, mkdtemp, readdir, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removeLeftovers } from './leftovers.js';

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);

it('takes away what nobody touched for an hour, and nothing else', async () => {
  const models = await mkdtemp(join(tmpdir(), 'llmi-leftovers-'));
  const make = async (name: string, hours: number, fileHours = hours) => {
    await mkdir(join(models, name));
    await writeFile(join(models, name, 'model.gguf'), '');
    await utimes(join(models, name, 'model.gguf'), hoursAgo(fileHours), hoursAgo(fileHours));
    await utimes(join(models, name), hoursAgo(hours), hoursAgo(hours));
  };
  await make('.staged-org--abandoned-1', 2);
  await make('.staged-org--busy-3', 2, 0.1); // its file grows
  await make('.staged-4', 0.5);
  await make('org--installed', 1000);
  await removeLeftovers(models);
  expect((await readdir(models)).sort()).toEqual(['.staged-4', '.staged-org--busy-3', 'org--installed']);
  await removeLeftovers(join(models, 'missing'));
});
