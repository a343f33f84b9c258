import { chosenFiles, type ModelInfo } from '@llmi/core';

export const isOnnx = (path: string): boolean => path.toLowerCase().endsWith('.onnx');

/** True for a model whose files to run are ONNX graphs: there is no .gguf file among them. */
export function runsOnOnnx(model: ModelInfo, path?: string): boolean {
  if (path !== undefined && /\.(onnx|gguf)$/i.test(path)) return isOnnx(path);
  const files = chosenFiles(model);
  return files.some((file) => isOnnx(file.path)) && !files.some((file) => file.path.toLowerCase().endsWith('.gguf'));
}
