import { modelInfoSchema, type ModelInfo } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { completeInfo } from '../detect.js';
import { chooseFiles, type ChooseOptions } from './choose-files.js';

/** A model whose files are given as `path: megabytes`. */
function model(files: Record<string, number>, json: Record<string, unknown> = {}): ModelInfo {
  return completeInfo({ id: 'org/model', source: 'hub', files: Object.entries(files).map(([path, megabytes]) => ({ path, sizeBytes: megabytes * 1e6 })), json });
}

const choose = (info: ModelInfo, options: Partial<ChooseOptions> = {}) => chooseFiles(info, { formats: ['gguf', 'onnx', 'safetensors'], ...options });

describe('GGUF', () => {
  const small = model({ 'm-F16.gguf': 1200, 'm-Q8_0.gguf': 640, 'm-Q4_K_M.gguf': 380, 'mmproj-m-Q8_0.gguf': 100, 'm.imatrix.gguf': 1, 'README.md': 0.01, 'config.json': 0.01 });
  const large = model({ 'm-F16.gguf': 16_000, 'm-Q8_0.gguf': 8500, 'm-Q5_K_M.gguf': 5700, 'm-Q4_K_M.gguf': 4900, 'm-Q2_K.gguf': 3000 });

  it('takes 8 bits for a small model, 4 for a large one', () => {
    expect(choose(small)).toMatchObject({ format: 'gguf', quantization: 'Q8_0', files: ['config.json', 'm-Q8_0.gguf'], sizeBytes: 640.01e6 });
    expect(choose(large).quantization).toBe('Q4_K_M');
  });

  it('takes the best that fits, and the smallest when none does', () => {
    expect(choose(small, { memoryBytes: 500e6 })).toMatchObject({ quantization: 'Q4_K_M', reason: expect.stringContaining('fits into the free memory') });
    expect(choose(large, { memoryBytes: 4e9 }).quantization).toBe('Q2_K');
    expect(choose(large, { memoryBytes: 1e9 })).toMatchObject({ quantization: 'Q2_K', reason: expect.stringContaining('none fits') });
  });

  it('lists the others with disk and memory, smallest first', () => {
    expect(choose(small).alternatives).toEqual([
      { name: 'Q4_K_M', diskBytes: 380e6, memoryBytes: 456e6, files: ['m-Q4_K_M.gguf'] },
      { name: 'F16', diskBytes: 1200e6, memoryBytes: 1440e6, files: ['m-F16.gguf'] },
    ]);
  });

  it('compares names without case, and lists what there is when the name is unknown', () => {
    expect(choose(small, { quantization: 'q8_0' }).quantization).toBe('Q8_0');
    expect(choose(small, { quantization: 'fp16' }).quantization).toBe('F16');
    expect(() => choose(small, { quantization: 'Q4_K_S' })).toThrow(expect.objectContaining({ code: 'FILE_CHOICE_EMPTY', hint: expect.stringMatching(/Did you mean Q4_K_M\?.*Q8_0 \(\d+ MB\)/) }));
  });

  it('takes every part of a split model, and refuses one with a gap', () => {
    const parts = { 'Q8_0/m-Q8_0-00001-of-00003.gguf': 500, 'Q8_0/m-Q8_0-00002-of-00003.gguf': 500, 'Q8_0/m-Q8_0-00003-of-00003.gguf': 100 };
    expect(choose(model(parts)).files).toEqual(Object.keys(parts));
    const gap = model({ 'm-Q8_0-00001-of-00002.gguf': 500, 'm-Q4_0.gguf': 300 });
    expect(choose(gap).quantization).toBe('Q4_0');
    expect(() => choose(gap, { quantization: 'Q8_0' })).toThrow(expect.objectContaining({ code: 'MODEL_FILE_MISSING' }));
  });

  it('tells two models of one quantization apart by their names', () => {
    const two = model({ 'a-Q8_0.gguf': 10, 'a-instruct-Q8_0.gguf': 11 });
    expect(choose(two).files).toEqual(['a-Q8_0.gguf']);
    expect(choose(two, { quantization: 'a-instruct-Q8_0' }).files).toEqual(['a-instruct-Q8_0.gguf']);
  });

  it('chooses by a pattern over names', () => {
    expect(choose(small, { file: '*F16*' })).toMatchObject({ quantization: 'F16', alternatives: [] });
    expect(() => choose(small, { file: '*Q3*' })).toThrow(expect.objectContaining({ code: 'FILE_CHOICE_EMPTY' }));
  });

  it('reads the quantization from the header where the name does not tell', () => {
    const gguf = { file: 'model.gguf', architecture: 'llama', parameterCount: 1, tensorBytes: 1, bytesByType: {}, metadata: { 'general.file_type': 15 }, metadataBytes: 1 };
    const info = modelInfoSchema.parse({ ...model({ 'model.gguf': 10 }), gguf });
    expect(choose(info).quantization).toBe('Q4_K_M');
  });
});

describe('ONNX', () => {
  const bert = { 'config.json': 0.01, 'tokenizer.json': 1, 'vocab.txt': 0.2, 'modules.json': 0.01, '1_Pooling/config.json': 0.01, 'README.md': 0.1, 'model.safetensors': 90, 'openvino/openvino_model.xml': 1, 'eval/results.json': 1 };
  const both = model({ ...bert, 'onnx/model.onnx': 90, 'onnx/model_quantized.onnx': 23, 'onnx/model_O3.onnx': 45, 'onnx/model_qint8_avx512.onnx': 23 });

  it('takes fp32 with tokenizer, configuration and modules', () => {
    expect(choose(both, { formats: ['onnx'] })).toMatchObject({
      quantization: 'fp32',
      files: ['1_Pooling/config.json', 'config.json', 'modules.json', 'onnx/model.onnx', 'tokenizer.json', 'vocab.txt'],
    });
  });

  it('takes the characters of a text recognizer with it', () => {
    const ocr = model({ 'README.md': 0.1, 'detection/v5/det.onnx': 5, 'languages/english/rec.onnx': 8, 'languages/english/dict.txt': 0.01, 'PP-OCRv5_rec/inference.yml': 0.1, 'ppocr_keys_v1.txt': 0.1, 'notes.txt': 0.1 });
    expect(choose(ocr, { formats: ['onnx'] }).files).toEqual(['PP-OCRv5_rec/inference.yml', 'detection/v5/det.onnx', 'languages/english/dict.txt', 'languages/english/rec.onnx', 'ppocr_keys_v1.txt']);
  });

  it('knows the names of transformers.js, and those of optimum', () => {
    const named = (quantization: string) => choose(both, { formats: ['onnx'], quantization }).files.filter((path) => path.endsWith('.onnx'));
    expect(named('q8')).toEqual(['onnx/model_quantized.onnx']);
    expect(named('int8')).toEqual(['onnx/model_quantized.onnx']);
    expect(named('o3')).toEqual(['onnx/model_O3.onnx']);
  });

  it('takes the small one where fp32 does not fit or does not exist', () => {
    expect(choose(both, { formats: ['onnx'], memoryBytes: 50e6 }).quantization).toBe('q8');
    expect(choose(model({ 'onnx/model_quantized.onnx': 23 })).quantization).toBe('q8');
  });

  it('takes external data along', () => {
    const info = model({ 'onnx/model.onnx': 1, 'onnx/model.onnx_data': 3000, 'onnx/model.onnx_data_1': 100, 'onnx/model_fp16.onnx': 1, 'onnx/model_fp16.onnx_data': 1600 });
    expect(choose(info, { quantization: 'fp32' }).files).toEqual(['onnx/model.onnx', 'onnx/model.onnx_data', 'onnx/model.onnx_data_1']);
    expect(choose(info, { quantization: 'fp16' }).files).toEqual(['onnx/model_fp16.onnx', 'onnx/model_fp16.onnx_data']);
  });

  it('takes every graph of a model, a merged decoder instead of the two it holds, a missing dtype in the nearest', () => {
    const whisper = model({ 'onnx/encoder_model.onnx': 30, 'onnx/encoder_model_quantized.onnx': 9, 'onnx/decoder_model_merged.onnx': 50, 'onnx/decoder_model.onnx': 49, 'onnx/decoder_with_past_model.onnx': 45, 'onnx/decoder_model_merged_q4.onnx': 20 });
    expect(choose(whisper).files).toEqual(['onnx/decoder_model_merged.onnx', 'onnx/encoder_model.onnx']);
    expect(choose(whisper, { quantization: 'q4' }).files).toEqual(['onnx/decoder_model_merged_q4.onnx', 'onnx/encoder_model.onnx']);
  });

  it('takes the components that model_index.json names', () => {
    const index = { _class_name: 'StableDiffusionPipeline', unet: ['diffusers', 'OnnxRuntimeModel'], vae_decoder: ['diffusers', 'OnnxRuntimeModel'] };
    const info = model({ 'model_index.json': 0.01, 'unet/model.onnx': 5, 'unet/weights.pb': 1700, 'unet/config.json': 0.01, 'vae_decoder/model.onnx': 90, 'onnx/model.onnx': 1 }, { 'model_index.json': index });
    expect(info.pipelineClass).toBe('StableDiffusionPipeline');
    expect(choose(info).files).toEqual(['model_index.json', 'unet/config.json', 'unet/model.onnx', 'unet/weights.pb', 'vae_decoder/model.onnx']);
  });
});

describe('safetensors', () => {
  it('takes the usual file, not a consolidated copy, and every shard', () => {
    const info = model({ 'model-00001-of-00002.safetensors': 5000, 'model-00002-of-00002.safetensors': 4000, 'model.safetensors.index.json': 0.1, 'consolidated.safetensors': 9000, 'config.json': 0.01 });
    expect(choose(info).files).toEqual(['config.json', 'model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors', 'model.safetensors.index.json']);
  });

  it('takes the variant that is asked for, the plain file otherwise', () => {
    const info = model({ 'model_index.json': 0.01, 'unet/diffusion_pytorch_model.safetensors': 3400, 'unet/diffusion_pytorch_model.fp16.safetensors': 1700, 'vae/diffusion_pytorch_model.safetensors': 300, 'v1-5-pruned.safetensors': 7000 });
    expect(choose(info).files).toEqual(['model_index.json', 'unet/diffusion_pytorch_model.safetensors', 'vae/diffusion_pytorch_model.safetensors']);
    expect(choose(info, { quantization: 'fp16' }).files).toEqual(['model_index.json', 'unet/diffusion_pytorch_model.fp16.safetensors', 'vae/diffusion_pytorch_model.safetensors']);
  });
});

describe('what cannot be chosen', () => {
  it('names pickles and never takes them', () => {
    const info = model({ 'pytorch_model.bin': 400, 'config.json': 0.01 });
    expect(() => choose(info)).toThrow(expect.objectContaining({ code: 'MODEL_FILE_REFUSED', message: expect.stringContaining('pytorch_model.bin') }));
  });

  it('says which format there is when the handler reads another', () => {
    expect(() => choose(model({ 'model.safetensors': 1 }), { formats: ['gguf'] })).toThrow(expect.objectContaining({ code: 'MODEL_FORMAT_UNSUPPORTED' }));
    expect(() => choose(model({ 'README.md': 1 }))).toThrow(expect.objectContaining({ code: 'FILE_CHOICE_EMPTY' }));
  });

  it('refuses chosen files whose names collide on other file systems', () => {
    expect(() => choose(model({ 'onnx/model.onnx': 1, 'Config.json': 0.1, 'config.json': 0.1 }))).toThrow(expect.objectContaining({ code: 'MODEL_FILE_REFUSED' }));
  });
});
