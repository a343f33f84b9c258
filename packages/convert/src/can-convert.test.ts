import { modelInfoSchema } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { canConvert } from './can-convert.js';

const config = { architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3' };
const info = (paths: string[], json: Record<string, unknown> = { 'config.json': config }) =>
  modelInfoSchema.parse({ id: 'org/name', source: 'hub', files: paths.map((path) => ({ path, sizeBytes: 1 })), json });

describe('canConvert', () => {
  it('takes a configuration alone, or the facts of a model', () => {
    expect(canConvert(config)).toEqual({ ok: true, architecture: 'qwen3' });
    expect(canConvert(info(['config.json', 'model-00001-of-00002.safetensors']))).toEqual({ ok: true, architecture: 'qwen3' });
  });

  it('looks at the text part of a multimodal model', () => {
    expect(canConvert({ architectures: ['SomethingElse'], text_config: { architectures: ['LlamaForCausalLM'] } })).toMatchObject({ ok: true, architecture: 'llama' });
    expect(canConvert({ architectures: ['Gemma3ForConditionalGeneration'], text_config: { model_type: 'gemma3_text' } })).toMatchObject({ ok: true, architecture: 'gemma3' });
  });

  it('says why not, with the nearest that can', () => {
    expect(canConvert({ architectures: ['Qwen3NextForCausalLM'] })).toMatchObject({ ok: false, reason: expect.stringContaining('Qwen3NextForCausalLM'), hint: expect.stringContaining('Qwen3') });
    expect(canConvert({ architectures: ['XyzzyModel'] })).toMatchObject({ ok: false, hint: expect.stringContaining('GGUF') });
    expect(canConvert({})).toMatchObject({ ok: false });
    expect(canConvert(info(['pytorch_model.bin']))).toMatchObject({ ok: false, reason: expect.stringContaining('safetensors') });
    expect(canConvert(info(['model.safetensors'], {}))).toMatchObject({ ok: false, reason: expect.stringContaining('config.json') });
    expect(canConvert({ ...config, quantization_config: { quant_method: 'fp8' } })).toMatchObject({ ok: false, reason: expect.stringContaining('fp8') });
  });
});
