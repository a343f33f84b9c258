import { jsonFile, LlmiError, type ModelFile, type ModelInfo } from '@llmi/core';

/** A LoRA adapter, as its repository lays it out: by PEFT, by diffusers, or as llama.cpp's converter wrote it. */
export interface Adapter {
  weights: ModelFile;
  layout: 'peft' | 'diffusers' | 'gguf';
  /** Id of the model that it is for, where the repository says so. */
  base?: string;
}

/** The adapter that a repository or folder is, or undefined for one that has a whole model. */
export function adapterOf(model: ModelInfo): Adapter | undefined {
  const { files, gguf, baseModel } = model;
  const file = (path: string) => files.find((listed) => listed.path === path);
  if (gguf?.metadata['general.type'] === 'adapter') {
    const weights = file(gguf.file);
    return weights && { weights, layout: 'gguf', base: baseModel ?? repositoryOf(gguf.metadata['general.base_model.0.repo_url']) };
  }
  const hasModel = files.some(({ path }) => /\.(gguf|onnx)$/i.test(path) || /(^|\/)(model|diffusion_pytorch_model)[^/]*\.safetensors$/.test(path));
  if (hasModel) return undefined;
  const peft = jsonFile(model, 'adapter_config.json') && file('adapter_model.safetensors');
  if (peft) return { weights: peft, layout: 'peft', base: baseModel };
  const diffusers = file('pytorch_lora_weights.safetensors');
  return diffusers && { weights: diffusers, layout: 'diffusers', base: baseModel };
}

function repositoryOf(url: unknown): string | undefined {
  return typeof url === 'string' ? /^https:\/\/huggingface\.co\/([\w.-]+\/[\w.-]+)\/?$/.exec(url)?.[1] : undefined;
}

/** The error of a handler's search for what is an adapter and no model. */
export function isAdapterError(model: ModelInfo, { base }: Adapter): LlmiError {
  return new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: `${model.id} is a LoRA adapter${base === undefined ? '' : ` of ${base}`}: it does nothing without its model.`,
    hint: base === undefined ? `Name the model that it was made for: llmi install ${model.id} --base ORG/NAME` : `llmi install ${model.id} installs it onto its model.`,
  });
}
