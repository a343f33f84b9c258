import { fileTypes, type FileType } from '../output-type.js';
import { tensorTypes, type TensorType } from './quantize.js';

/** Small tensors whose exactness matters: routers, positions, segment types. */
const alwaysSingle = /^(position_embd|token_types|blk\.\d+\.ffn_gate_inp(_shexp)?)\.weight$/;

/**
 * The type of one tensor in a file that the reference converter makes.
 *
 * Source: ModelBase.prepare_tensors of llama.cpp's conversion/base.py
 */
export function plainTensorType(name: string, shape: readonly number[], fileType: FileType): TensorType {
  if (shape.length <= 1 || name.endsWith('_norm.weight') || alwaysSingle.test(name)) return 'F32';
  if (!/\.(weight|lora_a|lora_b)$/.test(name)) return 'F32';
  const type = fileTypes[fileType].weights;
  return shape.at(-1)! % tensorTypes[type].blockElements === 0 ? type : 'F16';
}
