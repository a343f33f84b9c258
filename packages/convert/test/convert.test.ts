import { readdirSync, readFileSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';
import { fileSource, readGgufHeader } from '@llmi/hub';
import { LlamaModel } from '@llmi/runtime-llama-cpp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { convert, type ConvertProgress, type OutputType } from '../src/index.js';
import { byteLevelTokenizer, safetensors, tinyConfig, tinyFolder, tinyTensors, type TinyFolder } from './helpers/tiny-model.js';

let folder: TinyFolder;
beforeEach(() => {
  folder = tinyFolder();
});
afterEach(() => folder.remove());

async function header(path: string) {
  const source = await fileSource(path);
  try {
    return await readGgufHeader(source);
  } finally {
    await source[Symbol.asyncDispose]();
  }
}

/** The error of a conversion that must fail, after which nothing may be left but the model. */
async function failure(options: Parameters<typeof convert>[2] = {}): Promise<LlmiError> {
  const error: unknown = await convert(folder.path, folder.target, options).then(() => undefined, (reason: unknown) => reason);
  expect(readdirSync(folder.parent)).toEqual(['tiny-llama']);
  if (!LlmiError.is(error)) throw new Error('no LlmiError was thrown', { cause: error });
  return error;
}

describe('a converted model', () => {
  it('is read and run by llama.cpp in every type', async () => {
    const types: OutputType[] = ['F32', 'F16', 'BF16', 'Q8_0', 'Q4_0', 'Q4_K_S', 'Q4_K_M', 'Q5_K_S', 'Q5_K_M', 'Q6_K'];
    for (const type of types) {
      await convert(folder.path, folder.target, { type });
      const model = await LlamaModel.load(folder.target, { device: 'cpu' });
      try {
        expect(model.tokenize('hi<|end|>', { special: true }), type).toEqual([256, 258]);
        const answer: number[] = [];
        for await (const { token } of model.generate([257, 256], { maxTokens: 3 })) answer.push(token);
        expect(answer.length, type).toBeGreaterThan(0);
      } finally {
        await model[Symbol.asyncDispose]();
      }
    }
  });

  it('says what it is', async () => {
    const result = await convert(folder.path, folder.target, { type: 'Q8_0' });
    expect(result).toMatchObject({ type: 'Q8_0', architecture: 'llama', tensorCount: 20, path: folder.target });
    const facts = await header(folder.target);
    expect(facts.parameterCount).toBe(result.parameterCount);
    expect(facts.metadata).toMatchObject({
      'general.name': 'Tiny Llama',
      'general.file_type': 7,
      'llama.attention.head_count_kv': 2,
      'llama.rope.dimension_count': 16,
      'tokenizer.ggml.pre': 'gpt-2',
      'tokenizer.ggml.bos_token_id': 257,
      'tokenizer.ggml.add_bos_token': true,
      'tokenizer.chat_template': '{{ messages[0].content }}',
    });
    expect(result.notes.join()).toContain('gpt-2');
  });

  it('is the same from shards, and keeps the type of 16-bit weights', async () => {
    folder.write('model.safetensors', safetensors(tinyTensors('BF16')));
    expect((await convert(folder.path, folder.target)).type).toBe('BF16');
    const whole = readFileSync(folder.target);
    unlinkSync(join(folder.path, 'model.safetensors'));
    const entries = Object.entries(tinyTensors('BF16')).sort(([left], [right]) => (left < right ? -1 : 1));
    const shards = { 'model-00001-of-00002.safetensors': entries.slice(0, 9), 'model-00002-of-00002.safetensors': entries.slice(9) };
    for (const [name, part] of Object.entries(shards)) folder.write(name, safetensors(Object.fromEntries(part)));
    folder.write('model.safetensors.index.json', { weight_map: Object.fromEntries(Object.entries(shards).flatMap(([name, part]) => part.map(([tensor]) => [tensor, name]))) });
    await convert(folder.path, folder.target);
    expect(readFileSync(folder.target).equals(whole)).toBe(true);
  });

  it('is the same from worker threads as from one', async () => {
    await convert(folder.path, folder.target, { type: 'Q4_K_M', threads: 0 });
    const alone = readFileSync(folder.target);
    await convert(folder.path, folder.target, { type: 'Q4_K_M', threads: 3 });
    expect(readFileSync(folder.target).equals(alone)).toBe(true);
  });

  it('has its output where the checkpoint has a head of its own', async () => {
    folder.write('model.safetensors', safetensors(tinyTensors('F16', true)));
    expect((await convert(folder.path, folder.target)).tensorCount).toBe(21);
  });

  it('reports how far it is, up to the whole file', async () => {
    const seen: ConvertProgress[] = [];
    const { sizeBytes } = await convert(folder.path, folder.target, { type: 'F16', onProgress: (progress) => seen.push(progress) });
    expect(seen.every(({ bytes }, index) => index === 0 || bytes > seen[index - 1]!.bytes)).toBe(true);
    expect(seen.at(-1)!.totalBytes).toBe(sizeBytes);
    expect(sizeBytes - seen.at(-1)!.bytes).toBeLessThan(32);
  });

  it('takes the place of an older file only when it is whole', async () => {
    writeFileSync(folder.target, 'old');
    truncateSync(join(folder.path, 'model.safetensors'), 5000);
    await expect(convert(folder.path, folder.target)).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
    expect(readFileSync(folder.target, 'utf8')).toBe('old');
  });
});

describe('what is refused', () => {
  it('an architecture that is not known, with the nearest that is', async () => {
    folder.write('config.json', { ...tinyConfig, architectures: ['LlamaForCausalLN'] });
    const error = await failure();
    expect(error).toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED' });
    expect(error.message).toContain('LlamaForCausalLN');
    expect(error.hint).toContain('LlamaForCausalLM');
  });

  it('pickled weights, which are never opened', async () => {
    unlinkSync(join(folder.path, 'model.safetensors'));
    folder.write('pytorch_model.bin', 'cos\nsystem\n');
    expect(await failure()).toMatchObject({ code: 'MODEL_FILE_REFUSED', message: expect.stringContaining('pytorch_model.bin') });
  });

  it('weights that are cut off, or claim more than there is', async () => {
    const whole = safetensors(tinyTensors());
    for (const bytes of [whole.subarray(0, 4), whole.subarray(0, 900), whole.subarray(0, whole.length - 1)]) {
      folder.write('model.safetensors', bytes);
      expect(await failure()).toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
    }
    const huge = Buffer.from(whole);
    huge.writeBigUInt64LE(2n ** 60n);
    folder.write('model.safetensors', huge);
    expect(await failure()).toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
  });

  it('shapes and offsets that do not fit together', async () => {
    const wrong = (change: (entry: { shape: number[]; data_offsets: number[] }) => void) =>
      safetensors(tinyTensors(), (tensors) => change(tensors['model.norm.weight'] as { shape: number[]; data_offsets: number[] }));
    for (const bytes of [wrong((entry) => (entry.shape = [2 ** 50, 2 ** 50])), wrong((entry) => (entry.data_offsets = [64, 0])), wrong((entry) => (entry.data_offsets = [0, 2 ** 40]))]) {
      folder.write('model.safetensors', bytes);
      expect(await failure()).toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
    }
  });

  it('an index that promises what is not there, or leads out of the folder', async () => {
    const names = Object.keys(tinyTensors());
    const index = (entries: [string, string][]) => folder.write('model.safetensors.index.json', { weight_map: Object.fromEntries(entries) });
    index([...names, 'lm_head.weight'].map((name) => [name, 'model.safetensors']));
    expect(await failure()).toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
    index(names.slice(1).map((name) => [name, 'model.safetensors']));
    expect(await failure()).toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
    index(names.map((name) => [name, '../model.safetensors']));
    expect(await failure()).toMatchObject({ code: 'MODEL_FILE_REFUSED' });
    index(names.map((name) => [name, 'model-2.safetensors']));
    expect(await failure()).toMatchObject({ code: 'MODEL_FILE_MISSING' });
  });

  it('a link that leaves the folder', async () => {
    unlinkSync(join(folder.path, 'model.safetensors'));
    const other = tinyFolder();
    try {
      symlinkSync(join(other.path, 'model.safetensors'), join(folder.path, 'model.safetensors'));
      expect(await failure()).toMatchObject({ code: 'MODEL_FILE_REFUSED' });
    } finally {
      other.remove();
    }
  });

  it('a model without a tokenizer, a configuration, or a folder', async () => {
    unlinkSync(join(folder.path, 'tokenizer.json'));
    expect(await failure()).toMatchObject({ code: 'MODEL_FILE_MISSING', message: expect.stringContaining('tokenizer.json') });
    unlinkSync(join(folder.path, 'config.json'));
    expect(await failure()).toMatchObject({ code: 'MODEL_FILE_MISSING' });
    await expect(convert(join(folder.parent, 'nothing'), folder.target)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('weights that are quantized already, by the configuration or by their type', async () => {
    folder.write('config.json', { ...tinyConfig, quantization_config: { quant_method: 'gptq' } });
    expect(await failure()).toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED', message: expect.stringContaining('gptq') });
    folder.write('config.json', tinyConfig);
    folder.write('model.safetensors', safetensors({ ...tinyTensors(), 'model.norm.weight': { dtype: 'F8_E4M3', shape: [64] } }));
    expect(await failure()).toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED', message: expect.stringContaining('F8_E4M3') });
  });

  it('a tensor that the architecture does not know, and heads that do not divide', async () => {
    folder.write('model.safetensors', safetensors({ ...tinyTensors(), 'model.layers.7.mlp.up_proj.weight': { shape: [96, 64] } }));
    expect(await failure()).toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED', message: expect.stringContaining('layers.7') });
    folder.write('model.safetensors', safetensors(tinyTensors()));
    folder.write('config.json', { ...tinyConfig, num_attention_heads: 7 });
    expect(await failure()).toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
  });

  it('tokens beyond the vocabulary, and rules of splitting that have no name', async () => {
    folder.write('config.json', { ...tinyConfig, vocab_size: 261 });
    expect(await failure()).toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
    folder.write('config.json', tinyConfig);
    const { tokenizer } = byteLevelTokenizer();
    folder.write('tokenizer.json', { ...tokenizer, pre_tokenizer: { type: 'Split', pattern: { Regex: 'a+|b+' }, behavior: 'Isolated', invert: false } });
    const error = await failure();
    expect(error).toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED' });
    expect(error.hint).toContain('preTokenizer');
    await convert(folder.path, folder.target, { preTokenizer: 'gpt-2' });
    expect((await header(folder.target)).metadata['tokenizer.ggml.pre']).toBe('gpt-2');
  });

  it('options that make no sense, and a target in no folder', async () => {
    expect(await failure({ type: 'Q3_K' as OutputType })).toMatchObject({ code: 'INPUT_INVALID' });
    await expect(convert(folder.path, join(folder.parent, 'none', 'a.gguf'))).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await expect(convert(folder.path, folder.path)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});

describe('stopping', () => {
  it('rejects with the reason and leaves nothing, before and in the middle', async () => {
    const reason = new Error('enough');
    await expect(convert(folder.path, folder.target, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    for (const threads of [0, 2]) {
      const controller = new AbortController();
      const work = convert(folder.path, folder.target, { type: 'Q6_K', threads, signal: controller.signal, onProgress: () => controller.abort(reason) });
      await expect(work).rejects.toBe(reason);
      expect(readdirSync(folder.parent)).toEqual(['tiny-llama']);
    }
  });

  it('leaves nothing when the one who is told of the progress fails', async () => {
    const work = convert(folder.path, folder.target, { onProgress: () => { throw new Error('no terminal'); } });
    await expect(work).rejects.toThrow('no terminal');
    expect(readdirSync(folder.parent)).toEqual(['tiny-llama']);
  });
});
