import { existsSync } from 'node:fs';
import { modelInfoSchema } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { TransformerHandler } from './handler.js';

/** SmolLM-135M in two quantizations, as its repository and header tell it. */
const model = modelInfoSchema.parse({
  id: 'org/SmolLM-135M-GGUF',
  source: 'hub',
  modelType: 'llama',
  files: [
    { path: 'SmolLM-135M.Q8_0.gguf', sizeBytes: 145_000_000 },
    { path: 'SmolLM-135M-Q4_K_M.gguf', sizeBytes: 105_000_000 },
    { path: 'big-F16-00001-of-00002.gguf', sizeBytes: 200_000_000 },
    { path: 'big-F16-00002-of-00002.gguf', sizeBytes: 70_000_000 },
    { path: 'README.md', sizeBytes: 10 },
  ],
  chosenFiles: ['SmolLM-135M.Q8_0.gguf'],
  formats: ['gguf'],
  quantization: 'Q8_0',
  gguf: {
    file: 'SmolLM-135M.Q8_0.gguf',
    architecture: 'llama',
    parameterCount: 134_515_008,
    tensorBytes: 142_900_000,
    bytesByType: { Q8_0: 142_800_000, F32: 100_000 },
    metadata: {
      'general.architecture': 'llama',
      'llama.context_length': 2048,
      'llama.block_count': 30,
      'llama.embedding_length': 576,
      'llama.feed_forward_length': 1536,
      'llama.attention.head_count': 9,
      'llama.attention.head_count_kv': 3,
      'tokenizer.ggml.tokens': { type: 'string', length: 49152 },
      'tokenizer.ggml.merges': { type: 'string', length: 48900 },
      'tokenizer.chat_template': "{% if messages[0]['role'] == 'system' %}{% endif %}",
    },
    metadataBytes: 1_700_000,
  },
});
const handler = new TransformerHandler(model);

describe('requirements', () => {
  it('add up from figures with their arithmetic', async () => {
    const requirements = await handler.analyze();
    const kv = 2 * 30 * 3 * 64 * 2048 * 2;
    const vocabulary = 49152 * 560 + 48900 * 410;
    const compute = 512 * ((3.25 * 1536 + 4 * 576) * 4 + 2048 * 2) + 5 * 49152 * 4;
    expect(requirements.memoryParts.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['runtime', 131_000_000],
      ['vocabulary', vocabulary],
      ['weights', 142_900_000],
      ['KV cache', kv],
      ['activations', compute],
    ]);
    expect(requirements.memoryRequirements.recommended).toBeCloseTo((131e6 + vocabulary + 142.9e6 + kv + compute) / 1e9, 2);
    const reserved = 512 * (49152 + 2 * 576) * 4 + 49152 * 4; // llama.cpp logs 98.25 MiB and 0.19 MiB for its output
    expect(requirements.memoryRequirements.gpuRecommended).toBeCloseTo((142.9e6 + kv + reserved) / 1e9, 2);
    expect(requirements).toMatchObject({ parameterCount: 134_515_008, parameterSource: 'gguf', maxContextLength: 2048, defaultContextLength: 2048, diskBytes: 145_000_000, quantization: 'Q8_0' });
    expect(requirements.work).toMatchObject({ unit: 'token', bytes: 142_900_000 });
    for (const { derivation } of requirements.memoryParts) expect(derivation).not.toBe('');
  });

  it('offer every quantization of the repository, smallest first, the parts of one together', () => {
    expect(handler.getQuantizationOptions().map(({ name, diskBytes, files }) => [name, diskBytes, files.length])).toEqual([
      ['Q4_K_M', 105_000_000, 1],
      ['Q8_0', 145_000_000, 1],
      ['F16', 270_000_000, 2],
    ]);
  });
});

it('capabilities come from the file', () => {
  expect(handler.getModelCapabilities()).toMatchObject({ supportsStreaming: true, supportsSystemPrompt: true, maxContextLength: 2048, tasks: ['text-generation'], inputModalities: ['text'] });
});

it('training defaults follow the size and the family', () => {
  expect(handler.getTrainingParams()).toMatchObject({ method: 'full', maxSequenceLength: 2048 });
  const large = new TransformerHandler({ ...model, gguf: { ...model.gguf!, architecture: 'phi3', parameterCount: 3_800_000_000 } });
  expect(large.getTrainingParams()).toMatchObject({ method: 'lora', loraRank: 16, loraTargetModules: ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'] });
});

it('dependencies and notes are given for this platform', () => {
  expect(handler.getDependencies()).toEqual([]);
  for (const { optional, probe } of handler.getSystemDependencies()) {
    expect(optional).toBe(true);
    expect([...(probe.programs ?? []), ...(probe.libraries ?? []), ...(probe.files ?? [])].length).toBeGreaterThan(0);
  }
  expect(Object.keys(handler.getInstallationNotes())).toEqual(existsSync('/etc/alpine-release') ? ['glibc'] : []);
  expect(handler.getOptimalDevice(['cpu', 'cuda'])).toBe('cuda');
});
