import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { modelInfoSchema } from '@llmi/core';
import { TransformerHandler, type LoadedTextModel } from '../src/index.js';

interface RandomBigram {
  context?: number;
  seed?: number;
  special?: string[];
  template?: string;
}

const writer = (await import(fileURLToPath(new URL('../../../benchmarks/models/random-bigram-onnx.mjs', import.meta.url)))) as {
  writeRandomBigram(folder: string, shape: RandomBigram): void;
};

/** A loaded ONNX model with random weights. `remove` unloads it and deletes its folder. */
export async function tinyOnnx(shape: RandomBigram = {}): Promise<{ model: LoadedTextModel; remove(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-tiny-onnx-'));
  writer.writeRandomBigram(folder, shape);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => ({ path: path.replaceAll('\\', '/'), sizeBytes: statSync(join(folder, path)).size }));
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>;
  const info = modelInfoSchema.parse({ id: 'local/tiny', source: 'folder', modelType: 'llama', files, formats: ['onnx'], json: { 'config.json': config } });
  const model = await new TransformerHandler(info).loadModel(folder, { threads: 1 });
  return {
    model,
    remove: async () => {
      await model[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
