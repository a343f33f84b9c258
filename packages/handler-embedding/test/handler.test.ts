import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { matchManifest, modelInfoSchema, modelRequirementsSchema, packageManifestSchema, type ModelInfoInput } from '@llmi/core';
import { afterEach, describe, expect, it } from 'vitest';
import definition, { EmbeddingHandler } from '../src/index.js';
import { readModelFolder } from '@llmi/runtime-onnx';
import { folderLayout } from '../src/folder-layout.js';
import { tinyFiles, writeFiles } from './tiny-model.js';

const folders: string[] = [];

async function handlerOf(changes: Record<string, unknown> = {}): Promise<EmbeddingHandler> {
  const files = Object.fromEntries(Object.entries({ ...tinyFiles(), ...changes }).filter(([, content]) => content !== undefined));
  const folder = writeFiles(files);
  folders.push(folder);
  return new EmbeddingHandler(await readModelFolder(folder, folderLayout));
}

afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

describe('EmbeddingHandler', () => {
  it('says what the model takes and gives', async () => {
    expect((await handlerOf()).getModelCapabilities()).toMatchObject({
      outputModalities: ['embedding'],
      inputModalities: ['text'],
      embeddingDimensions: 2,
      maxContextLength: 8,
      tasks: ['feature-extraction', 'sentence-similarity'],
      supportedModes: ['auto', 'query', 'document'],
    });
  });

  it('has modes only for the prompts that the model declares', async () => {
    const handler = await handlerOf({ 'config_sentence_transformers.json': undefined });
    expect(handler.getSupportedModes()).toEqual(['auto']);
    expect((await handlerOf()).applyModeSettings('document', {})).toEqual({ promptName: 'passage' });
    expect((await handlerOf()).resolveRequest({ texts: ['hello'], mode: 'query' })).toEqual({ texts: ['hello'], mode: 'query', promptName: 'query', normalize: true, truncate: true });
  });

  it('derives its requirements, each figure with its arithmetic', async () => {
    const requirements = await (await handlerOf()).analyze();
    expect(modelRequirementsSchema.parse(requirements)).toEqual(requirements);
    // 512 tokens of a batch; hidden 2, one head over 8 tokens
    const activations = requirements.memoryParts.find(({ name }) => name === 'activations');
    expect(activations?.bytes).toBe(512 * (4 * 2 + 2 * 1 * 8) * 4);
    expect(requirements).toMatchObject({ maxContextLength: 16, defaultContextLength: 8, quantization: 'fp32', primaryLibrary: 'onnxruntime-node' });
    expect(requirements.memoryRequirements.min).toBeLessThanOrEqual(requirements.memoryRequirements.recommended);
  });

  it('checks a request before the model is loaded', async () => {
    const handler = await handlerOf();
    expect(handler.validateInputs({ texts: ['hello'] })).toEqual({ ok: true });
    expect(handler.validateInputs({ texts: ['hello'], temperature: 1 })).toMatchObject({ ok: false, param: 'temperature' });
    expect(handler.validateInputs({ texts: ['hello'], mode: 'chat' })).toMatchObject({ ok: false, param: 'mode' });
    expect(handler.validateInputs({ texts: 'hello' })).toMatchObject({ ok: false, param: 'texts' });
    expect(handler.validateInputs({})).toMatchObject({ ok: false, param: 'texts' });
  });

  it('trains small models whole, within their length', async () => {
    expect((await handlerOf()).getTrainingParams()).toMatchObject({ method: 'full', maxSequenceLength: 8 });
  });

  it('notes what the user should know of the model', async () => {
    expect((await handlerOf()).getInstallationNotes()).toEqual({});
    const eightBit = await handlerOf({ 'onnx/model.onnx': undefined, 'onnx/model_quantized.onnx': tinyFiles()['onnx/model.onnx'] });
    expect(Object.keys(eightBit.getInstallationNotes())).toEqual(['quantization']);
  });

  it('runs on the CPU unless told otherwise', async () => {
    expect((await handlerOf()).getOptimalDevice()).toBe('cpu');
  });
});

describe('the manifest', () => {
  const { llmi } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { llmi: unknown };
  const [manifest] = packageManifestSchema.parse(llmi).handlers;
  const take = (facts: Partial<ModelInfoInput>) =>
    matchManifest(manifest!, modelInfoSchema.parse({ id: 'org/model', source: 'hub', files: [], formats: ['onnx'], ...facts })).taken;
  const files = (...paths: string[]) => paths.map((path) => ({ path, sizeBytes: 1 }));

  it('has the name of the code', () => expect(manifest!.name).toBe(definition.name));

  it('takes text embedders', () => {
    expect(take({ architectures: ['BertModel'] })).toBe(true);
    expect(take({ architectures: ['Qwen3Model'], pipelineTag: 'feature-extraction' })).toBe(true);
    expect(take({ architectures: ['BertForMaskedLM'], files: files('modules.json') })).toBe(true);
    expect(take({ id: 'onnx-community/Qwen3-Embedding-0.6B-ONNX', architectures: ['Qwen3ForCausalLM'] })).toBe(true);
  });

  it('takes nothing else', () => {
    expect(take({ architectures: ['CLIPModel'], pipelineTag: 'feature-extraction' })).toBe(false);
    expect(take({ architectures: ['BertForSequenceClassification'], libraryName: 'sentence-transformers', pipelineTag: 'text-ranking' })).toBe(false);
    expect(take({ architectures: ['ViTModel'], pipelineTag: 'feature-extraction' })).toBe(false);
    expect(take({ architectures: ['Qwen3ForCausalLM'], pipelineTag: 'text-generation' })).toBe(false);
    expect(take({ files: files('model_index.json', 'modules.json') })).toBe(false);
    expect(take({ architectures: ['PatchTSTForPrediction'] })).toBe(false);
    expect(take({ architectures: ['BertModel'], formats: ['safetensors'] })).toBe(false);
  });
});
