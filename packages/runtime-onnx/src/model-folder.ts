import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LlmiError, modelInfoSchema, type ModelFile, type ModelFormat, type ModelInfo } from '@llmi/core';

/** What the folder of one kind of model looks like. */
export interface FolderLayout {
  /** As in "a vision model". */
  kind: string;
  /** Paths of the configurations that count. What else lies in the folder cannot break the model. */
  configuration: RegExp;
  /** Of folders: 1 for `onnx/model.onnx`. */
  maxDepth: number;
}

/** The folder that a model is in: of an .onnx or .gguf file the one around it, or around its folder `onnx`. */
export function folderOfModel(path: string): string {
  if (!/\.(onnx|gguf)$/i.test(path)) return path;
  const folder = dirname(resolve(path));
  return basename(folder) === 'onnx' ? dirname(folder) : folder;
}

/**
 * The facts of a model in a local folder, from its files alone.
 * @throws {LlmiError} MODEL_NOT_FOUND, MODEL_FILE_CORRUPT for a configuration that is not JSON
 */
export async function readModelFolder(folder: string, layout: FolderLayout): Promise<ModelInfo> {
  const files = await listFiles(folder, layout, '', 0);
  const json: Record<string, unknown> = {};
  for (const { path } of files) {
    if (layout.configuration.test(path)) json[path] = await readJson(folder, path);
  }
  const config = (json['config.json'] ?? {}) as { model_type?: unknown; architectures?: unknown };
  return modelInfoSchema.parse({
    id: `local/${basename(resolve(folder))}`,
    source: 'folder',
    ...(typeof config.model_type === 'string' ? { modelType: config.model_type } : {}),
    architectures: Array.isArray(config.architectures) ? config.architectures.filter((name) => typeof name === 'string') : [],
    files,
    formats: (['gguf', 'onnx', 'safetensors'] satisfies ModelFormat[]).filter((format) => files.some(({ path }) => path.endsWith(`.${format}`))),
    json,
  });
}

async function listFiles(folder: string, layout: FolderLayout, inside: string, depth: number): Promise<ModelFile[]> {
  const entries = await readdir(join(folder, inside)).catch((cause: unknown) => {
    throw new LlmiError('MODEL_NOT_FOUND', {
      message: 'There is no model folder at this path.',
      hint: `Give the folder of ${layout.kind}, or one of its files with weights.`,
      cause,
    });
  });
  const files: ModelFile[] = [];
  for (const entry of entries.sort()) {
    if (entry.startsWith('.')) continue;
    const path = inside === '' ? entry : `${inside}/${entry}`;
    const status = await stat(join(folder, path)).catch(() => undefined); // a link to nowhere is no file
    if (status?.isFile()) files.push({ path, sizeBytes: status.size });
    else if (status?.isDirectory() && depth < layout.maxDepth) files.push(...(await listFiles(folder, layout, path, depth + 1)));
  }
  return files;
}

async function readJson(folder: string, path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(folder, path), 'utf8'));
  } catch (cause) {
    throw new LlmiError('MODEL_FILE_CORRUPT', {
      message: `The model file ${path} is not valid JSON.`,
      hint: 'It is damaged or incomplete: install the model again.',
      cause,
    });
  }
}
