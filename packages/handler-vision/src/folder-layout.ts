import type { FolderLayout } from '@llmi/runtime-onnx';

export const folderLayout: FolderLayout = { kind: 'a vision model', configuration: /^(config|preprocessor_config|image_processor_config)\.json$/, maxDepth: 1 };
