import { parseInput } from '@llmi/core';
import { z } from 'zod';
import { Checkpoint } from './checkpoint/checkpoint.js';
import { unsupported } from './errors.js';
import type { FamilyContext } from './families/family.js';
import { ModelConfig } from './families/model-config.js';
import { familyOf } from './families/registry.js';
import { ropeParameters } from './families/rope.js';
import { encodeHeader } from './gguf/header.js';
import { GgufMetadata } from './gguf/metadata.js';
import { isObject, ModelFolder } from './model-folder.js';
import { automaticType, fileTypes, outputTypeSchema, type FileType, type OutputType } from './output-type.js';
import { nameTensors, planTensors } from './plan.js';
import { writeGeneralMetadata } from './provenance/general-metadata.js';
import { countParameters } from './provenance/size-label.js';
import { TokenizerFiles } from './vocabulary/tokenizer-files.js';
import { writeFile } from './write-file.js';
import type { WriteProgress } from './write/write-tensors.js';

const optionsSchema = z.object({
  type: outputTypeSchema.default('auto'),
  preTokenizer: z.string().min(1).optional(),
  threads: z.int().min(0).max(64).optional(),
});

export interface ConvertOptions {
  /** What the weights become; `auto` (the default) keeps 16-bit weights as they are and halves others. */
  type?: OutputType;
  /** How the tokenizer splits text, by llama.cpp's name for it: needed only for a tokenizer that llama.cpp and its rules do not tell. */
  preTokenizer?: string;
  /** Worker threads; as many as cores by default, none for a small model. */
  threads?: number;
  signal?: AbortSignal;
  onProgress?: (progress: WriteProgress) => void;
}

export interface ConvertResult {
  path: string;
  sizeBytes: number;
  type: FileType;
  architecture: string; // as GGUF calls it: llama, qwen2, bert
  parameterCount: number;
  tensorCount: number;
  /** What a person should know of the result; empty when all is as the reference would have it. */
  notes: string[];
}

/**
 * Makes a GGUF file of a folder with safetensors: the same bytes as llama.cpp's convert_hf_to_gguf.py, and for the types that it
 * does not write, as llama-quantize from its result in F32.
 *
 * Memory stays the same whatever the model's size. The file gets its name when it is whole; nothing half-made stays.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for an architecture that cannot be converted; MODEL_NOT_FOUND, MODEL_FILE_MISSING,
 * MODEL_FILE_CORRUPT, MODEL_FILE_REFUSED for its files; DISK_FULL, PERMISSION_DENIED for the target; INPUT_INVALID for the options
 */
export async function convert(modelPath: string, targetPath: string, options: ConvertOptions = {}): Promise<ConvertResult> {
  const { type, preTokenizer, threads } = parseInput(optionsSchema, options);
  options.signal?.throwIfAborted();
  const folder = await ModelFolder.open(modelPath);
  const config = await ModelConfig.read(folder);
  const family = familyOf(config.architecture);
  refuseQuantized(config);
  await using checkpoint = await Checkpoint.open(folder);
  const fileType = type === 'auto' ? automaticType(checkpoint.tensors) : type;
  const plan = await planModel(folder, config, checkpoint, fileType, preTokenizer);
  const sizeBytes = await writeFile(targetPath, plan.header, plan.tensors, { threads, signal: options.signal, onProgress: options.onProgress });
  return { path: targetPath, sizeBytes, type: fileType, architecture: family.name, parameterCount: plan.parameterCount, tensorCount: plan.tensors.length, notes: plan.notes };
}

/** All of the file but the tensors' data. The tokenizer is let go of when this returns. */
async function planModel(folder: ModelFolder, config: ModelConfig, checkpoint: Checkpoint, fileType: FileType, preTokenizer: string | undefined) {
  const family = familyOf(config.architecture);
  const context = await familyContext(folder, config, preTokenizer);
  await family.prepare?.(context);
  const metadata = new GgufMetadata(family.name);
  const named = await nameTensors(family, context, checkpoint, metadata);
  const parameters = countParameters(named.map(({ name, weight }) => ({ name, shape: weight.shape })));
  await writeGeneralMetadata(metadata, folder, parameters, context.notes);
  await family.parameters(context, metadata, fileTypes[fileType].id);
  metadata.uint32('general.quantization_version', 2);
  await family.vocabulary(context, metadata);
  const tensors = planTensors(named, fileType, metadata);
  return { header: encodeHeader(metadata, tensors), tensors, parameterCount: parameters.total, notes: context.notes };
}

/** The facts of one model that its family works with. */
export async function familyContext(folder: ModelFolder, config: ModelConfig, preTokenizer?: string): Promise<FamilyContext> {
  const blockCount = config.required('n_layers', 'num_hidden_layers', 'n_layer', 'num_layers');
  return { folder, config, blockCount, preTokenizer, rope: ropeParameters(config), tokenizer: await TokenizerFiles.read(folder), notes: [] };
}

/** Weights that are quantized already would have to be guessed at. */
function refuseQuantized({ values }: ModelConfig): void {
  const quantization = values['quantization_config'];
  if (!isObject(quantization)) return;
  const method = String(quantization['quant_method'] ?? quantization['quant_algo'] ?? 'unknown');
  throw unsupported(`The weights are quantized already (${method}).`, 'Convert the original model: its name is usually the same without the ending.');
}
