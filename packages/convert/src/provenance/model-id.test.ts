import { describe, expect, it } from 'vitest';
import { idToTitle, modelIdParts } from './model-id.js';

const billions = 1e9;

describe('what the name of a model tells', () => {
  it.each([
    ['mistralai/Mistral-7B-Instruct-v0.2', 7 * billions, { fullName: 'Mistral-7B-Instruct-v0.2', organization: 'mistralai', basename: 'Mistral', finetune: 'Instruct', version: 'v0.2', sizeLabel: '7B' }],
    ['bigscience/bloom-7b1-petals', 7 * billions, { fullName: 'bloom-7b1-petals', organization: 'bigscience', basename: 'bloom', finetune: 'petals', sizeLabel: '7.1B' }],
    ['microsoft/Phi-3-mini-4k-instruct', 4 * billions, { fullName: 'Phi-3-mini-4k-instruct', organization: 'microsoft', basename: 'Phi-3', finetune: '4k-instruct', sizeLabel: 'mini' }],
    ['mixtral-8x7b-v0.1-GGUF-q4_0', 0, { fullName: 'mixtral-8x7b-v0.1-GGUF-q4_0', basename: 'mixtral', finetune: 'GGUF', version: 'v0.1', sizeLabel: '8x7B' }],
    ['bert-base-uncased', 0, { fullName: 'bert-base-uncased' }],
    ['A model with spaces', 0, { fullName: 'A model with spaces' }],
    ['./model', 0, { fullName: 'model' }],
  ])('%s', (id, parameters, parts) => {
    expect(modelIdParts(id, parameters)).toEqual(parts);
  });

  it('a size far from the real one is a context length, unless the model is an adapter', () => {
    expect(modelIdParts('org/Tiny-7B', 1e6)).toMatchObject({ finetune: '7b', sizeLabel: undefined });
    expect(modelIdParts('org/Tiny-7B-lora', -1e6)).toMatchObject({ finetune: undefined, sizeLabel: '7B' });
  });
});

it('makes titles of names, leaving acronyms and versions', () => {
  expect(['tiny-llama3', 'Qwen2.5-7B-v0.3', 'my_model-1b-chat', 'BERT-base'].map(idToTitle)).toEqual(['Tiny Llama3', 'Qwen2.5 7B v0.3', 'My_Model 1b Chat', 'BERT Base']);
});
