import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { matchManifest, modelInfoSchema, modelRequirementsSchema, packageManifestSchema, type ModelInfoInput } from '@llmi/core';
import { afterEach, describe, expect, it } from 'vitest';
import definition, { EmbeddingHandler, JointEmbeddingHandler, RerankerHandler } from '../src/index.js';
import jointDefinition from '../src/joint-embedding.js';
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
  const [manifest, joint] = packageManifestSchema.parse(llmi).handlers;
  const modelOf = (facts: Partial<ModelInfoInput>) => modelInfoSchema.parse({ id: 'org/model', source: 'hub', files: [], formats: ['onnx'], ...facts });
  const take = (facts: Partial<ModelInfoInput>) => matchManifest(manifest!, modelOf(facts)).taken && definition.matches!(modelOf(facts));
  const files = (...paths: string[]) => paths.map((path) => ({ path, sizeBytes: 1 }));
  const gguf = (architecture: string, metadata: Record<string, unknown>) => ({
    modelType: architecture,
    formats: ['gguf' as const],
    gguf: { file: 'model.gguf', architecture, parameterCount: 1, tensorBytes: 1, bytesByType: {}, metadata, metadataBytes: 1 },
  });

  it('has the names of the code', () => {
    expect(manifest!.name).toBe(definition.name);
    expect(joint!.name).toBe(jointDefinition.name);
  });

  it('takes text embedders', () => {
    expect(take({ architectures: ['BertModel'] })).toBe(true);
    expect(take({ architectures: ['Qwen3Model'], pipelineTag: 'feature-extraction' })).toBe(true);
    expect(take({ architectures: ['BertForMaskedLM'], files: files('modules.json'), json: { 'modules.json': [] } })).toBe(true);
    expect(take({ id: 'onnx-community/Qwen3-Embedding-0.6B-ONNX', architectures: ['Qwen3ForCausalLM'] })).toBe(true);
    expect(take(gguf('nomic-bert', { 'nomic-bert.pooling_type': 1 }))).toBe(true);
    expect(take({ ...gguf('qwen3', { 'qwen3.pooling_type': 3 }), task: 'feature-extraction' })).toBe(true);
  });

  it('takes rerankers, and makes a handler of that kind for them', () => {
    const one = { architectures: ['BertForSequenceClassification'], json: { 'config.json': { id2label: { 0: 'LABEL_0' } } } };
    expect(take(one)).toBe(true);
    expect(definition.create(modelOf(one))).toBeInstanceOf(RerankerHandler);
    expect(take({ architectures: ['RobertaForSequenceClassification'], task: 'text-ranking' })).toBe(true);
    expect(take({ architectures: ['BertForSequenceClassification'], json: { 'config_sentence_transformers.json': { model_type: 'CrossEncoder' }, 'config.json': { num_labels: 2 } } })).toBe(true);
    const ranking = { ...gguf('bert', { 'bert.pooling_type': 4 }), task: 'text-ranking' };
    expect(take(ranking)).toBe(true);
    expect(definition.create(modelOf(ranking))).toBeInstanceOf(RerankerHandler);
    expect(definition.create(modelOf(gguf('bert', { 'bert.pooling_type': 1 })))).toBeInstanceOf(EmbeddingHandler);
  });

  it('takes models of texts and pictures that are there for their vectors, the others when a user wants them', () => {
    const clip = { modelType: 'clip', architectures: ['CLIPModel'] };
    expect(take({ ...clip, pipelineTag: 'feature-extraction' })).toBe(true);
    expect(definition.create(modelOf(clip))).toBeInstanceOf(JointEmbeddingHandler);
    expect(take({ ...clip, task: 'zero-shot-image-classification' })).toBe(false);
    expect(matchManifest(joint!, modelOf({ ...clip, task: 'zero-shot-image-classification' })).taken).toBe(true);
    expect(joint!.priority).toBeLessThan(50); // others come first
  });

  it('takes nothing else', () => {
    expect(take({ architectures: ['BertForSequenceClassification'], modelType: 'bert', json: { 'config.json': { id2label: { 0: 'a', 1: 'b', 2: 'c' } } } })).toBe(false);
    expect(take({ architectures: ['BertForMaskedLM'], modelType: 'bert', task: 'fill-mask' })).toBe(false);
    expect(take({ architectures: ['BertForTokenClassification'], modelType: 'bert' })).toBe(false);
    expect(take({ architectures: ['ViTModel'], pipelineTag: 'feature-extraction' })).toBe(false);
    expect(take({ architectures: ['Qwen3ForCausalLM'], pipelineTag: 'text-generation' })).toBe(false);
    expect(take({ ...gguf('qwen3', {}), task: 'text-generation' })).toBe(false);
    expect(take({ architectures: ['Qwen3ForCausalLM'], pipelineTag: 'text-ranking' })).toBe(false); // ranks by words
    expect(take({ files: files('model_index.json', 'modules.json') })).toBe(false);
    expect(take({ architectures: ['PatchTSTForPrediction'] })).toBe(false);
    expect(take({ architectures: ['BertModel'], formats: ['safetensors'] })).toBe(false);
  });
});
