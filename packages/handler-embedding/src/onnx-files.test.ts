import { modelInfoSchema, type ModelInfo } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { chooseOnnx, onnxVariants } from './onnx-files.js';

function model(paths: string[], chosenFiles: string[] = []): ModelInfo {
  return modelInfoSchema.parse({ id: 'local/x', source: 'folder', files: paths.map((path, index) => ({ path, sizeBytes: 10 ** index })), chosenFiles });
}

describe('onnxVariants', () => {
  it('tells the dtype by the name', () => {
    const paths = ['model.onnx', 'onnx/model.onnx', 'onnx/model_fp16.onnx', 'onnx/model_quantized.onnx', 'onnx/model_q4f16.onnx', 'onnx/model_O3.onnx', 'onnx/encoder.onnx', 'a.bin'];
    expect(onnxVariants(model(paths)).map(({ dtype }) => dtype)).toEqual(['fp32', 'fp32', 'fp16', 'q8', 'q4f16', 'o3', 'encoder']);
  });

  it('counts external data', () => {
    const [variant] = onnxVariants(model(['onnx/model.onnx', 'onnx/model.onnx_data', 'onnx/model.onnx_data_1', 'onnx/model_fp16.onnx']));
    expect(variant).toMatchObject({ bytes: 111, files: [{ path: 'onnx/model.onnx' }, { path: 'onnx/model.onnx_data' }, { path: 'onnx/model.onnx_data_1' }] });
  });
});

describe('chooseOnnx', () => {
  it('takes the only one, or the most exact', () => {
    expect(chooseOnnx(model(['onnx/model_q4.onnx'])).path).toBe('onnx/model_q4.onnx');
    expect(chooseOnnx(model(['onnx/model_quantized.onnx', 'onnx/model_fp16.onnx', 'onnx/model.onnx'])).path).toBe('onnx/model.onnx');
  });

  it('looks only among the chosen files', () => {
    const paths = ['onnx/model.onnx', 'onnx/model_quantized.onnx'];
    expect(chooseOnnx(model(paths, ['onnx/model_quantized.onnx'])).dtype).toBe('q8');
  });

  it('takes the one that is asked for, by any of its names', () => {
    const all = model(['onnx/model.onnx', 'onnx/model_fp16.onnx', 'onnx/model_int8.onnx']);
    expect(chooseOnnx(all, 'float16').path).toBe('onnx/model_fp16.onnx');
    expect(chooseOnnx(all, 'FP32').path).toBe('onnx/model.onnx');
    expect(chooseOnnx(all, 'q8').path).toBe('onnx/model_int8.onnx');
    const byProcessor = model(['onnx/model.onnx', 'onnx/model_qint8_arm64.onnx', 'onnx/model_quint8_avx2.onnx']);
    expect(chooseOnnx(byProcessor, 'q8').dtype).toBe(process.arch === 'arm64' ? 'qint8_arm64' : 'quint8_avx2');
    expect(() => chooseOnnx(all, 'q4')).toThrow(expect.objectContaining({ code: 'FILE_CHOICE_EMPTY' }));
  });
});
