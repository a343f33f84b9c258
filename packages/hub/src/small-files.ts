import type { ModelFile } from '@llmi/core';

/** JSON files that say how a model is built and used, by file name, in the folder of the model or of a component. */
const jsonNames = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer_config.json',
  'model_index.json',
  'modules.json',
  'sentence_bert_config.json',
  'config_sentence_transformers.json',
  'preprocessor_config.json',
  'processor_config.json',
  'image_processor_config.json',
  'video_preprocessor_config.json',
  'feature_extractor_config.json',
  'adapter_config.json',
  'special_tokens_map.json',
  'scheduler_config.json',
  'quantize_config.json',
  'chat_template.json',
  'router_config.json',
]);
const textNames = new Set(['chat_template.jinja', 'chat_template.jinja2']);

const maxSmallFileBytes = 8 << 20;
const maxSmallFiles = 60;
const maxDepth = 3; // names in a path: 1_Pooling/config.json has two

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
const depthOf = (path: string) => path.split('/').length;

export function isSmallText(path: string): boolean {
  return textNames.has(nameOf(path));
}

/** What tells most comes first: the layout, the class, then how text is prepared, then the parts of a pipeline. */
const telling = [
  /^(config|model_index|adapter_config|modules)\.json$/, /^\d+_[^/]+\/config\.json$/, /^(tokenizer_config|sentence_bert_config)\.json$/, /^chat_template\.jinja$/,
  /^(unet|transformer)\/config\.json$/, /^(generation_config|config_sentence_transformers)\.json$/, /^(preprocessor|processor)_config\.json$/,
  /^(vae|vae_decoder|text_encoder)\/config\.json$/, /^scheduler\//,
];
const placeOf = (path: string) => telling.findIndex((pattern) => pattern.test(path)) >>> 0; // -1, for none, becomes the last place

/** The small files worth reading, those that tell most first, then those nearest the top. */
export function smallFiles(files: readonly ModelFile[]): ModelFile[] {
  return files
    .filter(({ path, sizeBytes }) => depthOf(path) <= maxDepth && sizeBytes <= maxSmallFileBytes)
    .filter(({ path }) => jsonNames.has(nameOf(path)) || textNames.has(nameOf(path)) || path.startsWith('additional_chat_templates/'))
    .filter(({ path }) => !/^(openvino|coreml|flax|tf|tensorrt)\//i.test(path))
    .sort((left, right) => placeOf(left.path) - placeOf(right.path) || depthOf(left.path) - depthOf(right.path) || left.path.localeCompare(right.path))
    .slice(0, maxSmallFiles);
}

/** True for a listed file that a model cannot do without: one that cannot be taken is an error, not a gap. */
export function isNeeded(path: string): boolean {
  return /\.(json|jinja|model|txt)$/i.test(path) || /\.(gguf|onnx|safetensors)$/i.test(path) || /\.onnx[._]data/i.test(path);
}
