import type { FolderLayout } from '@llmi/runtime-onnx';

export const folderLayout: FolderLayout = {
  kind: 'a sentence-transformers model',
  configuration: /(^|\/)(config|modules|config_sentence_transformers|sentence_[\w-]+_config|tokenizer_config|preprocessor_config)\.json$/,
  maxDepth: 2, // 1_Pooling/config.json, onnx/model.onnx
};
