import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isWeightFile, modelInfoSchema, type ModelFile, type ModelFormat, type ModelInfo, type ModelInfoInput } from '@llmi/core';

/** A larger JSON file is a vocabulary, not a configuration. */
const largestConfigurationBytes = 1 << 20;

const formats = ['gguf', 'onnx', 'safetensors'] satisfies ModelFormat[];

/**
 * What llmi knows of a model in a local folder (or of a single file) before it is loaded, as handlers get it. `known` comes before what
 * the files say; the header of a GGUF file is not read: give `known.gguf`.
 */
export async function readModelFacts(path: string, known: Partial<ModelInfoInput> = {}): Promise<ModelInfo> {
  const single = (await stat(path)).isFile();
  const folder = single ? dirname(resolve(path)) : path;
  const files = single ? [{ path: basename(path), sizeBytes: (await stat(path)).size }] : await listFiles(folder, '');
  const json: Record<string, unknown> = {};
  for (const file of files) {
    if (file.path.endsWith('.json') && file.sizeBytes <= largestConfigurationBytes) json[file.path] = JSON.parse(await readFile(join(folder, file.path), 'utf8'));
  }
  const config = (json['config.json'] ?? {}) as { model_type?: string; architectures?: string[] };
  const pipeline = json['model_index.json'] as { _class_name?: string } | undefined;
  const template = files.some((file) => file.path === 'chat_template.jinja') ? await readFile(join(folder, 'chat_template.jinja'), 'utf8') : undefined;
  return modelInfoSchema.parse({
    id: `local/${basename(resolve(path))}`,
    source: single ? 'file' : 'folder',
    ...(config.model_type === undefined ? {} : { modelType: config.model_type }),
    architectures: config.architectures ?? [],
    ...(pipeline?._class_name === undefined ? {} : { pipelineClass: pipeline._class_name }),
    files,
    formats: formats.filter((format) => files.some((file) => isWeightFile(file.path) && file.path.endsWith(`.${format}`))),
    json,
    ...(template === undefined ? {} : { text: { 'chat_template.jinja': template } }),
    ...known,
  });
}

async function listFiles(folder: string, inside: string): Promise<ModelFile[]> {
  const files: ModelFile[] = [];
  for (const entry of (await readdir(join(folder, inside))).sort()) {
    if (entry.startsWith('.')) continue;
    const path = inside === '' ? entry : `${inside}/${entry}`;
    const status = await stat(join(folder, path));
    if (status.isDirectory()) files.push(...(await listFiles(folder, path)));
    else files.push({ path, sizeBytes: status.size });
  }
  return files;
}
