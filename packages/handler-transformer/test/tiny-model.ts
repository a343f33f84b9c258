import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface RandomLlama {
  layers: number;
  width: number;
  heads: number;
  kvHeads: number;
  feedForward: number;
  vocabulary: number;
  context: number;
  seed: number;
  scale: number;
  special?: string[];
  metadata?: [key: string, type: string, value: unknown][];
}

const writer = (await import(fileURLToPath(new URL('../../../benchmarks/models/random-gguf.mjs', import.meta.url)))) as {
  writeRandomLlama(path: string, shape: RandomLlama): Promise<void>;
};

/** A LLaMA of about 100 KB with random weights, large enough that every token depends on what came before. */
const tiny: RandomLlama = {
  layers: 2,
  width: 64,
  heads: 4,
  kvHeads: 2,
  feedForward: 96,
  vocabulary: 384,
  context: 512,
  seed: 7,
  scale: 2 ** -7,
  special: ['<|endoftext|>', '<|im_start|>', '<|im_end|>'],
};

/** Writes the tiny model into a folder of its own. `remove` deletes the folder. */
export async function tinyModel(changes: Partial<RandomLlama> = {}): Promise<{ path: string; folder: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-tiny-'));
  const path = join(folder, 'tiny-Q8_0.gguf');
  await writer.writeRandomLlama(path, { ...tiny, ...changes });
  return { path, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
