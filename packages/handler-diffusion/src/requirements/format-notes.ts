import { chosenFiles, type ModelInfo } from '@llmi/core';
import { componentFiles } from '../components/component-files.js';

/** How to get the program that runs GGUF weights of diffusion models. */
const getProgram = 'stable-diffusion.cpp runs them: get its program `sd` from github.com/leejet/stable-diffusion.cpp/releases and put it on the PATH.';

/** Notes for repositories without ONNX graphs: what they hold, and where the same model is found ready to run. Empty for the others. */
export function formatNotes(model: ModelInfo): Record<string, string> {
  if (componentFiles(model, model.files).length > 0) return {};
  const paths = chosenFiles(model).map(({ path }) => path);
  const gguf = paths.filter((path) => /\.gguf$/i.test(path));
  if (gguf.length > 0) return { format: `The weights are in GGUF format (${gguf[0]}), which ONNX Runtime does not read. ${getProgram}` };
  if (!paths.some((path) => path.endsWith('.safetensors'))) return {};
  return { format: `The weights are in safetensors format only. Install a repository of the same model with ONNX files (search the hub for the name and "onnx"), or convert it: optimum-cli export onnx --model ${model.id} FOLDER.` };
}
