import type { FolderLayout } from '@llmi/runtime-onnx';

/** The scheduler's configuration is read apart: diffusers writes numbers into it that JSON does not have. */
export const folderLayout: FolderLayout = { kind: 'a diffusion model', configuration: /^(model_index\.json|(?!scheduler\/)[^/]+\/(config|preprocessor_config)\.json)$/, maxDepth: 2 };
