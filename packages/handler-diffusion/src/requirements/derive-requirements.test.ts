import { modelInfoSchema } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { deriveRequirements } from './derive-requirements.js';

const files = (sizes: Record<string, number>) => Object.entries(sizes).map(([path, sizeBytes]) => ({ path, sizeBytes }));
const json = {
  'model_index.json': { _class_name: 'StableDiffusionPipeline' },
  'unet/config.json': { in_channels: 4, sample_size: 64, block_out_channels: [320, 640, 1280, 1280], attention_head_dim: 8, down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'] },
  'vae_decoder/config.json': { latent_channels: 4, block_out_channels: [128, 256, 512, 512], sample_size: 512 },
  'text_encoder/config.json': { hidden_size: 768, num_attention_heads: 12, intermediate_size: 3072 },
};
const parts = { 'unet/model.onnx': 1e9, 'vae_decoder/model.onnx': 2e8, 'text_encoder/model.onnx': 5e8 };
const model = (sizes: Record<string, number>) => modelInfoSchema.parse({ id: 'org/name', source: 'hub', pipelineClass: 'StableDiffusionPipeline', files: files(sizes), json });

describe('deriveRequirements', () => {
  it('adds up weights, and what the part with the highest peak needs at the usual size', () => {
    const { memoryParts, memoryRequirements, diskBytes } = deriveRequirements(model(parts));
    expect(Object.fromEntries(memoryParts.map(({ name, bytes }) => [name, bytes]))).toEqual({
      runtime: 120_000_000,
      'weights of unet': 2e9,
      'weights of vae_decoder': 4e8,
      'weights of text_encoder': 1e9,
      'activations of unet': 2 * 2 * 8 * 4096 ** 2 * 4, // maps x rows x heads x tokens^2 x bytes
    });
    expect(memoryRequirements).toEqual({ min: 4.27, recommended: 5.67, gpuMin: 4.15, gpuRecommended: 5.55 });
    expect(diskBytes).toBe(1.7e9);
  });

  it('grows with the square of the latents, and with the pictures', () => {
    const peak = (options: object) => deriveRequirements(model(parts), options).memoryParts.at(-1)!.bytes;
    expect(peak({ width: 1024, height: 512 })).toBe(4 * peak({}));
    expect(peak({ numImages: 3 })).toBe(3 * peak({}));
  });

  it('counts the chosen data type, half precision widened', () => {
    const both = model({ ...parts, 'unet/model_fp16.onnx': 5e8 });
    const unet = (dtype?: string) => deriveRequirements(both, { dtype }).memoryParts.find(({ name }) => name === 'weights of unet')!.bytes;
    expect([unet(), unet('fp16')]).toEqual([2e9, 2e9]);
  });

  it('is within 15 % of what a VAE was measured to take', () => {
    // Peak resident memory in MB of two runs in ONNX Runtime 1.30 without a memory plan, weights of 49.6 MB, channels 64 to 256.
    const measured = [[256, 356], [320, 392], [384, 630], [512, 771], [640, 1005], [768, 1604]] as const;
    const configs = { ...json, 'vae_decoder/config.json': { latent_channels: 4, block_out_channels: [64, 128, 256, 256], sample_size: 512 } };
    const vae = modelInfoSchema.parse({ id: 'org/name', source: 'hub', pipelineClass: 'StableDiffusionPipeline', files: files({ 'vae_decoder/model.onnx': 49.6e6 }), json: configs });
    for (const [side, megabytes] of measured) {
      const total = deriveRequirements(vae, { width: side, height: side }).memoryParts.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
      expect(Math.abs(total / megabytes - 1), `${side} pixels`).toBeLessThan(0.15);
    }
  });

  it('tells what is not in ONNX format by its size', () => {
    const gguf = modelInfoSchema.parse({ id: 'org/flux-gguf', source: 'hub', files: files({ 'flux1-dev-Q4_K_S.gguf': 6.8e9 }) });
    expect(deriveRequirements(gguf)).toMatchObject({ primaryLibrary: 'stable-diffusion.cpp', memoryRequirements: { min: 6.92 } });
    const safetensors = modelInfoSchema.parse({ id: 'org/x', source: 'hub', files: files({ 'unet/diffusion_pytorch_model.safetensors': 3e9 }), json });
    expect(deriveRequirements(safetensors)).toMatchObject({ primaryLibrary: 'diffusers', memoryRequirements: { recommended: 3.12 } });
  });
});
