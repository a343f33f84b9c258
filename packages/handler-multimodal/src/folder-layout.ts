import type { FolderLayout } from '@llmi/runtime-onnx';

export const folderLayout: FolderLayout = {
  kind: 'a vision-language model',
  configuration: /^(config|generation_config|preprocessor_config|image_processor_config|processor_config|tokenizer_config|chat_template)\.json$/,
  maxDepth: 1,
};
