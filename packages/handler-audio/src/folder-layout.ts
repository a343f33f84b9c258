import type { FolderLayout } from '@llmi/runtime-onnx';

/** What the folder of a model for sound looks like: voices of Kokoro lie in a folder of their own. */
export const folderLayout: FolderLayout = { kind: 'a speech or sound model', configuration: /^(config|generation_config|preprocessor_config)\.json$/, maxDepth: 1 };
