import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ModelInfoInput } from '@llmi/core';

/** A model as files by path: bytes and text as they are, everything else as JSON. */
export type ModelFiles = Record<string, string | Uint8Array | object>;

/** A model that can be written: its files, and what is known of it that its small files do not say. */
export interface TinyModel {
  files: ModelFiles;
  facts?: Partial<ModelInfoInput>;
}

/** A model on disk, taken away when it is disposed of. */
export interface ModelFolder extends Disposable {
  path: string;
  facts: Partial<ModelInfoInput>;
  remove(): void;
}

/** Writes a model into a folder of its own among the system's temporary ones. */
export function writeModel({ files, facts = {} }: TinyModel): ModelFolder {
  const path = mkdtempSync(join(tmpdir(), 'llmi-model-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content));
  }
  const remove = () => rmSync(path, { recursive: true, force: true });
  return { path, facts, remove, [Symbol.dispose]: remove };
}
