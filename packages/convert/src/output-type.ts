import { z } from 'zod';
import type { CheckpointTensor } from './checkpoint/checkpoint.js';
import type { TensorType } from './quantize/quantize.js';

export const outputTypeSchema = z.enum(['auto', 'F32', 'F16', 'BF16', 'Q8_0', 'Q4_0', 'Q4_K_S', 'Q4_K_M', 'Q5_K_S', 'Q5_K_M', 'Q6_K']);
/** What the weights become. `auto` keeps 16-bit weights as they are and halves others. */
export type OutputType = z.infer<typeof outputTypeSchema>;

/** A type that a file as a whole can have. */
export type FileType = Exclude<OutputType, 'auto'>;

interface FileTypeTraits {
  id: number; // general.file_type
  weights: TensorType; // what most of the weights are stored as
  /** Made by the reference converter itself; the others by llama-quantize from its result. */
  isPlain: boolean;
}

/** Source: llama_ftype of llama.cpp's include/llama.h, llama_ftype_get_default_type of src/llama-quant.cpp */
export const fileTypes: Record<FileType, FileTypeTraits> = {
  F32: { id: 0, weights: 'F32', isPlain: true },
  F16: { id: 1, weights: 'F16', isPlain: true },
  BF16: { id: 32, weights: 'BF16', isPlain: true },
  Q8_0: { id: 7, weights: 'Q8_0', isPlain: true },
  Q4_0: { id: 2, weights: 'Q4_0', isPlain: false },
  Q4_K_S: { id: 14, weights: 'Q4_K', isPlain: false },
  Q4_K_M: { id: 15, weights: 'Q4_K', isPlain: false },
  Q5_K_S: { id: 16, weights: 'Q5_K', isPlain: false },
  Q5_K_M: { id: 17, weights: 'Q5_K', isPlain: false },
  Q6_K: { id: 18, weights: 'Q6_K', isPlain: false },
};

/** The 16-bit type that the first matrix with one has; F16 when none has. */
export function automaticType(tensors: readonly CheckpointTensor[]): FileType {
  const first = tensors.find(({ dtype, shape }) => shape.length >= 2 && (dtype === 'BF16' || dtype === 'F16'));
  return first?.dtype === 'BF16' ? 'BF16' : 'F16';
}
