import { modelInfoSchema } from '@llmi/core';
import { expect, it } from 'vitest';
import { formatNotes } from './format-notes.js';

it.each<[string[], string | undefined]>([
  [['flux1-dev-Q4_K_S.gguf', 'README.md'], 'flux1-dev-Q4_K_S.gguf'],
  [['unet/diffusion_pytorch_model.safetensors', 'model_index.json'], 'optimum-cli export onnx --model org/name'],
  [['unet/model.onnx', 'unet/diffusion_pytorch_model.safetensors'], undefined],
  [['README.md'], undefined],
])('%j', (paths, words) => {
  const notes = formatNotes(modelInfoSchema.parse({ id: 'org/name', source: 'hub', files: paths.map((path) => ({ path, sizeBytes: 1 })) }));
  if (words === undefined) expect(notes).toEqual({});
  else expect(notes.format).toContain(words);
});
