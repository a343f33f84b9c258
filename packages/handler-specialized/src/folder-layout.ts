import type { FolderLayout } from '@llmi/runtime-onnx';

export const folderLayout: FolderLayout = { kind: 'a specialized model', configuration: /^(config|generation_config|preprocessor_config|tokenizer_config)\.json$/, maxDepth: 2 };
