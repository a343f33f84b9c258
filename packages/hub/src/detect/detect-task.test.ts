import { describe, expect, it } from 'vitest';
import { pipelineShapes, transformersShapes } from '../../test/shapes/transformers-shapes.js';
import { completeInfo } from '../detect.js';

const lying = 'tabular-regression'; // what a hub may say of any of them
const infoOf = (json: Record<string, unknown>, paths: string[] = []) =>
  completeInfo({ id: 'org/whisper-clip-embedding', source: 'hub', pipelineTag: lying, files: [...Object.keys(json), ...paths].map((path) => ({ path, sizeBytes: 100 })), json });

const configs = transformersShapes.flatMap(({ task, extra, shapes }) =>
  shapes.split(',').map((shape) => {
    const [modelType, architecture] = shape.trim().split(' ').filter(Boolean);
    return { task, modelType, architecture, config: { ...extra, ...(modelType ? { model_type: modelType } : {}), ...(architecture ? { architectures: [architecture] } : {}) } };
  }),
);
const pipelines = Object.entries(pipelineShapes).flatMap(([task, names]) => names.split(/\s+/).map((className) => ({ task, className })));

describe('the task of published shapes, whatever name and tag say', () => {
  it('are at least 250', () => expect(configs.length + pipelines.length).toBeGreaterThanOrEqual(250));

  it.each(configs)('$modelType $architecture: $task', ({ config, task, modelType, architecture }) => {
    const info = infoOf({ 'config.json': config });
    expect(info).toMatchObject({ task, modelType, architectures: architecture === undefined ? (info.modelType === undefined ? info.architectures : []) : [architecture] });
  });

  it.each(pipelines)('$className: $task', ({ className, task }) => {
    expect(infoOf({ 'model_index.json': { _class_name: className } })).toMatchObject({ task, pipelineClass: className, libraryName: 'diffusers' });
  });
});

describe('other layouts', () => {
  it('sentence-transformers: sentences, and cross-encoders that rank', () => {
    const config = { model_type: 'bert', architectures: ['BertModel'] };
    expect(infoOf({ 'config.json': config, 'modules.json': [] }).task).toBe('sentence-similarity');
    expect(infoOf({ 'config.json': config, 'config_sentence_transformers.json': { model_type: 'CrossEncoder' } }).task).toBe('text-ranking');
  });

  it('LoRA adapters: their base, and the task they are trained for', () => {
    const adapter = { base_model_name_or_path: 'meta-llama/Llama-3.2-1B', peft_type: 'LORA', task_type: 'CAUSAL_LM' };
    expect(infoOf({ 'adapter_config.json': adapter }, ['adapter_model.safetensors'])).toMatchObject({ task: 'text-generation', baseModel: 'meta-llama/Llama-3.2-1B', libraryName: 'peft' });
    expect(infoOf({ 'adapter_config.json': { ...adapter, base_model_name_or_path: '/home/me/model' } }).baseModel).toBeUndefined();
    const diffusion = { id: 'a/b', source: 'hub' as const, files: [{ path: 'pytorch_lora_weights.safetensors', sizeBytes: 1 }], tags: ['base_model:adapter:org/sdxl'] };
    expect(completeInfo(diffusion)).toMatchObject({ task: 'text-to-image', baseModel: 'org/sdxl' });
  });

  it.each([
    ['llama', {}, 'text-generation'], ['qwen3', { 'qwen3.pooling_type': 3 }, 'feature-extraction'], ['qwen3', { 'qwen3.pooling_type': 4 }, 'text-ranking'], ['nomic-bert', {}, 'feature-extraction'],
    ['bert', { 'bert.pooling_type': 4 }, 'text-ranking'], ['t5', {}, 'text2text-generation'], ['flux', {}, 'text-to-image'], ['wan', {}, 'text-to-video'],
  ])('GGUF %s %j: %s', (architecture, metadata, task) => {
    const gguf = { file: 'm.gguf', architecture, parameterCount: 1, tensorBytes: 1, bytesByType: {}, metadata, metadataBytes: 1 };
    expect(completeInfo({ id: 'a/b', source: 'hub', files: [{ path: 'm.gguf', sizeBytes: 1 }], gguf }).task).toBe(task);
  });

  it('says only what the hub says of what it does not know', () => {
    expect(infoOf({ 'config.json': { model_type: 'quantum', architectures: ['QuantumThing'] } }).task).toBe(lying);
    expect(completeInfo({ id: 'org/whisper-large', source: 'hub', files: [] }).task).toBeUndefined();
  });
});
