import type { ModelFile } from '@llmi/core';

const maxCompanionBytes = 100e6; // the largest tokenizer.json files have 35 MB

const names = /^(vocab\.txt|merges\.txt|labels\.txt|.*dict\.txt|.*keys(_v\d+)?\.txt|inference\.yml|.*\.jinja2?|.*\.(spm|model|tiktoken)|.*\.json|.*\.jsonl)$/i;
const otherFormats = /(^|\/)(openvino|coreml|flax|tensorrt|tflite|runs|eval|results|examples?|assets|images?)\//i;

/**
 * True for a file beside the weights that ONNX and safetensors models are used with: tokenizer, vocabulary, configuration, modules,
 * chat template, the characters of a text recognizer. Indexes of other weights, logs and results are none.
 */
export function isCompanion({ path, sizeBytes }: ModelFile): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (sizeBytes > maxCompanionBytes || otherFormats.test(path) || path.split('/').length > 3) return false;
  if (/^(trainer_state|all_results|train_results|eval_results|.*\.bin\.index|.*\.msgpack\.index|tf_model\.h5\.index)\.json$/i.test(name)) return false;
  return names.test(name);
}
