import { readFileSync } from 'node:fs';
import { matchManifest, modelInfoSchema, packageManifestSchema, type ModelInfoInput } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import definition from '../src/index.js';

const { llmi } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { llmi: unknown };
const manifest = packageManifestSchema.parse(llmi).handlers[0]!;
const match = (facts: Partial<ModelInfoInput>) => matchManifest(manifest, modelInfoSchema.parse({ id: 'a/b', source: 'hub', files: [], ...facts }));

describe('the manifest', () => {
  it('has the name of the handler', () => {
    expect(manifest.name).toBe(definition.name);
  });

  it.each<Partial<ModelInfoInput>>([
    { modelType: 'llama', formats: ['gguf'] },
    { modelType: 'qwen3', architectures: ['Qwen3ForCausalLM'], formats: ['gguf'] },
    { architectures: ['GPT2LMHeadModel'], formats: ['gguf'] },
    { pipelineTag: 'text-generation', formats: ['gguf'] },
  ])('takes %j', (facts) => {
    expect(match(facts).taken).toBe(true);
  });

  it.each<Partial<ModelInfoInput>>([
    { modelType: 'llama', formats: ['safetensors'] },
    { modelType: 'bert', formats: ['gguf'] },
    { modelType: 'qwen3', architectures: ['Qwen3ForCausalLM'], formats: ['gguf'], files: [{ path: 'modules.json', sizeBytes: 1 }] },
  ])('leaves %j to others', (facts) => {
    expect(match(facts).taken).toBe(false);
  });
});
