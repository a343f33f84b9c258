import { jsonFile, type ModelInfo } from '@llmi/core';
import { inFolder } from './modules.js';
import { chooseOnnx, onnxVariants } from './onnx-files.js';
import type { RunNeeds } from './requirements.js';

/** What is known of a network that reads texts. */
export interface TextNetwork {
  /** Of its configuration and tokenizer: '' is the model's own. */
  folder: string;
  maxTokens: number;
  positionLimit: number | undefined;
  /** Of its vectors, where known. */
  width?: number | undefined;
}

/** What runs of an ONNX model of texts. @throws {LlmiError} MODEL_FILE_MISSING */
export function textNeeds(model: ModelInfo, network: TextNetwork): RunNeeds {
  return needsWith(model, network, chooseOnnx(model));
}

/** The same for each .onnx file of the repository, whatever was chosen. */
export function textChoices(model: ModelInfo, network: TextNetwork): RunNeeds[] {
  return onnxVariants(model, model.files).map((variant) => needsWith(model, network, variant));
}

function needsWith(model: ModelInfo, { folder, maxTokens, positionLimit, width }: TextNetwork, variant: ReturnType<typeof chooseOnnx>): RunNeeds {
  const config = jsonFile(model, inFolder(folder, 'config.json')) ?? {};
  return { networks: [{ variant, config, maxTokens, width }], tokenizerPath: inFolder(folder, 'tokenizer.json'), maxTokens, positionLimit };
}
