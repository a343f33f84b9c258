import { modelInfoSchema } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { chooseComponentFile, componentFiles, requireDtype } from './component-files.js';

const filesOf = (...paths: string[]) => componentFiles(modelInfoSchema.parse({ id: 'org/model', source: 'hub', files: paths.map((path, index) => ({ path, sizeBytes: 10 ** index })) }));

describe('component files', () => {
  it('are found in the layouts there are, with their external data', () => {
    expect(filesOf('unet/model.onnx', 'unet/model.onnx_data', 'onnx/vae_decoder/model_fp16.onnx', 'text_encoder/onnx/model.onnx', 'model.onnx', 'unet/config.json')).toEqual([
      { component: 'unet', dtype: 'fp32', path: 'unet/model.onnx', bytes: 11 },
      { component: 'vae_decoder', dtype: 'fp16', path: 'onnx/vae_decoder/model_fp16.onnx', bytes: 100 },
      { component: 'text_encoder', dtype: 'fp32', path: 'text_encoder/onnx/model.onnx', bytes: 1000 },
    ]);
  });

  const files = filesOf('unet/model_quantized.onnx', 'unet/model_fp16.onnx', 'vae_decoder/model.onnx');

  it('are chosen by dtype, the most exact one unless said', () => {
    expect(chooseComponentFile(files, 'unet')?.path).toBe('unet/model_fp16.onnx');
    expect(chooseComponentFile(files, 'unet', 'int8')?.path).toBe('unet/model_fp16.onnx');
    expect(chooseComponentFile(files, 'unet', 'quantized')?.path).toBe('unet/model_quantized.onnx');
    expect(chooseComponentFile(files, 'vae_decoder', 'q8')?.path).toBe('vae_decoder/model.onnx');
    expect(chooseComponentFile(files, 'controlnet')).toBeUndefined();
  });

  it('say which dtypes there are', () => {
    expect(() => requireDtype(files, 'q8')).not.toThrow();
    expect(() => requireDtype(files, 'q4')).toThrow(expect.objectContaining({ code: 'FILE_CHOICE_EMPTY', hint: 'Use one of: q8, fp16, fp32.' }));
  });
});
