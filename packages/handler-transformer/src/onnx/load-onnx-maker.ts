import { readFile, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { findTemplate, SpecialsGuard, TemplateRenderer } from '@llmi/chat-template';
import { LlmiError, type LoadOptions, type ModelInfo } from '@llmi/core';
import { modelJson, OnnxTextModel } from '@llmi/runtime-transformers';
import { dialectOf } from '../output/dialect.js';
import type { PromptMaker } from '../prompt.js';
import { OnnxEngine } from './onnx-engine.js';
import { isOnnx } from './runs-on-onnx.js';

/** Loads the model of a folder, or one of its .onnx files, with what its prompts are made with. */
export async function loadOnnxMaker(path: string, model: ModelInfo, options: LoadOptions = {}): Promise<{ maker: PromptMaker; dtype: string }> {
  const { device, contextSize, parallel, threads, loras, quantization, dtype, signal, onProgress } = options;
  if (loras && loras.length > 0) throw new LlmiError('INPUT_UNSUPPORTED', { message: 'Adapters cannot be applied to a model in ONNX format.', hint: 'Merge the adapter into the model, and export it to ONNX.', param: 'loras' });
  const { folder, chosen } = await placeOf(path);
  onProgress?.({ stage: 'weights' });
  const onnx = await OnnxTextModel.load(folder, chosen === undefined ? model : { ...model, chosenFiles: [chosen] }, { device, threads, dtype: quantization ?? dtype, signal });
  const engine = new OnnxEngine(onnx, { contextSize, parallel });
  const template = findTemplate({}, await withTemplateFiles(model, folder));
  const maker: PromptMaker = {
    model: engine,
    renderer: template === undefined ? undefined : new TemplateRenderer(template),
    guard: new SpecialsGuard(engine.special.controlTexts),
    dialect: dialectOf(template),
  };
  return { maker, dtype: onnx.info.dtype };
}

/** The folder that file names are relative to; a file in its folder `onnx` belongs to the one around it. */
async function placeOf(path: string): Promise<{ folder: string; chosen?: string }> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new LlmiError('MODEL_FILE_MISSING', { message: 'There is nothing at this path.', hint: 'Install the model again, or give the path of its folder.' });
  if (!found.isFile() || !isOnnx(path)) return { folder: path };
  const inside = dirname(path);
  const folder = /[\\/]onnx$/.test(inside) ? dirname(inside) : inside;
  return { folder, chosen: relative(folder, path).replaceAll('\\', '/') };
}

/** The files that a template can be in, where the facts of the model do not have them. */
async function withTemplateFiles(model: ModelInfo, folder: string): Promise<ModelInfo> {
  const name = 'chat_template.jinja';
  const template = model.text[name] ?? (await readFile(join(folder, name), 'utf8').catch(() => undefined));
  const config = await modelJson(model, folder, 'tokenizer_config.json');
  return { ...model, text: { ...model.text, ...(template === undefined ? {} : { [name]: template }) }, json: { ...model.json, ...(config ? { 'tokenizer_config.json': config } : {}) } };
}
