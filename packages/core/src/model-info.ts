import { z } from 'zod';

/** File formats that carry weights llmi can run, or turn into something it can run. */
export const modelFormatSchema = z.enum(['gguf', 'onnx', 'safetensors']);
export type ModelFormat = z.infer<typeof modelFormatSchema>;

export const modelFileSchema = z.object({
  path: z.string(), // relative to the repository or folder, with forward slashes
  sizeBytes: z.int().min(0),
  sha256: z.string().optional(), // of the content, where the hub lists one (LFS files)
  gitSha1: z.string().optional(), // git blob id, for files outside LFS
});
export type ModelFile = z.infer<typeof modelFileSchema>;

/** What the header of one GGUF file says. Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */
export const ggufFactsSchema = z.object({
  file: z.string(),
  architecture: z.string(), // general.architecture
  parameterCount: z.number(), // elements of all tensors
  tensorBytes: z.number(), // bytes of all tensors on disk
  bytesByType: z.record(z.string(), z.number()), // by ggml type name: Q8_0, F32 ...
  /** Every metadata key except long arrays (vocabulary, merges, scores), which are given by their length. */
  metadata: z.record(z.string(), z.unknown()),
  metadataBytes: z.number(),
  /** The header was read as far as its vocabulary: counts are those of the hub, and bytes those of the files. Exact after the download. */
  estimated: z.literal(true).optional(),
});
export type GgufFacts = z.infer<typeof ggufFactsSchema>;

/** Exact counts from the headers of safetensors files. */
export const safetensorsFactsSchema = z.object({
  parameterCount: z.number(),
  tensorBytes: z.number(),
  bytesByType: z.record(z.string(), z.number()), // by dtype: F32, BF16 ...
});
export type SafetensorsFacts = z.infer<typeof safetensorsFactsSchema>;

/**
 * Everything known about one model without reading its weights: what handlers are matched on and are given.
 * Plain JSON: it is kept in llmi.json and handed to the runner process.
 */
export const modelInfoSchema = z.object({
  /** `org/name` on the hub; for a local model `local/<name of the folder or file>`. */
  id: z.string(),
  source: z.enum(['hub', 'folder', 'file', 'remote']), // remote: another engine on the network has it
  /** Commit hash, for a model of the hub. */
  revision: z.string().optional(),
  /** `model_type` of config.json, or the GGUF architecture. */
  modelType: z.string().optional(),
  architectures: z.array(z.string()).default([]),
  /** `_class_name` of model_index.json. */
  pipelineClass: z.string().optional(),
  /** What the model does, spelled like a pipeline tag: from its files; what the hub says only where they do not tell. */
  task: z.string().optional(),
  /** Id of the model that an adapter belongs to. */
  baseModel: z.string().optional(),
  /** Tags of the hub: what the uploader says. Matched last. */
  pipelineTag: z.string().optional(),
  libraryName: z.string().optional(),
  tags: z.array(z.string()).default([]),
  license: z.string().optional(),
  /** Every file of the repository. */
  files: z.array(modelFileSchema),
  /** Paths of the files chosen to run: weights of one quantization, tokenizer, configs. Empty until chosen. */
  chosenFiles: z.array(z.string()).default([]),
  formats: z.array(modelFormatSchema).default([]),
  /** Label of the chosen weights: Q8_0, fp32, int8 ... */
  quantization: z.string().optional(),
  /** Small JSON files, parsed, by path: config.json, generation_config.json, modules.json, tokenizer_config.json ... */
  json: z.record(z.string(), z.unknown()).default({}),
  /** Small text files by path: chat_template.jinja. */
  text: z.record(z.string(), z.string()).default({}),
  /** Header of the chosen GGUF file, or of the usual choice while none is chosen. */
  gguf: ggufFactsSchema.optional(),
  safetensors: safetensorsFactsSchema.optional(),
});
export type ModelInfo = z.infer<typeof modelInfoSchema>;
/** As one writes it by hand: what has a default may be left out. */
export type ModelInfoInput = z.input<typeof modelInfoSchema>;

/** The chosen files with their sizes; all files while none are chosen. */
export function chosenFiles(model: ModelInfo): ModelFile[] {
  if (model.chosenFiles.length === 0) return model.files;
  const chosen = new Set(model.chosenFiles);
  return model.files.filter((file) => chosen.has(file.path));
}

/** A JSON object of the model's repository, or undefined when it is absent or no object. */
export function jsonFile(model: ModelInfo, path: string): Record<string, unknown> | undefined {
  const value = model.json[path];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

const weightFile = /\.(gguf|onnx|onnx_data(_\d+)?|safetensors)$/i;

/** True for a file that holds weights in a format llmi reads. */
export function isWeightFile(path: string): boolean {
  return weightFile.test(path) || /\.onnx[._]data([._]\d+)?$/i.test(path);
}
