import { fileTypes, type FileType } from '../output-type.js';
import { plainTensorType } from './plain-choice.js';
import { tensorTypes, type TensorType } from './quantize.js';

interface MixtureTensor {
  name: string;
  shape: readonly number[];
}

/** What of a model decides how its tensors are quantized. */
export interface MixtureModel {
  architecture: string;
  blockCount: number;
  expertCount: number; // 0 without experts
  headCount: number;
  keyHeadCount: number;
}

/** A type that takes the place of another where rows do not divide into its blocks. */
const fallback: Partial<Record<TensorType, TensorType>> = { Q4_K: 'Q5_0', Q5_K: 'Q5_1', Q6_K: 'Q8_0' };

/**
 * Types of all tensors as llama-quantize would choose them: some layers and kinds of tensors get more bits.
 *
 * `tensors` in the order of `quantizedOrder`. Source: llama_tensor_get_type_impl of llama.cpp's src/llama-quant.cpp
 */
export function mixtureTypes(tensors: readonly MixtureTensor[], fileType: FileType, model: MixtureModel): TensorType[] {
  const isTied = !tensors.some(({ name }) => name === 'output.weight');
  const attentionCount = tensors.filter(({ name }) => isValueLike(name)).length;
  let [attention, down] = [0, 0];
  return tensors.map(({ name, shape }) => {
    if (!isQuantized(name, shape)) return plainTensorType(name, shape, 'F32');
    let type: TensorType = fileTypes[fileType].weights;
    if (name === 'output.weight' || (isTied && name === 'token_embd.weight')) type = shape.at(-1)! % tensorTypes[type].blockElements === 0 ? 'Q6_K' : 'Q8_0';
    else if (isValueLike(name)) type = valueType(type, fileType, model, attention++, attentionCount);
    else if (name.includes('attn_k.weight') && model.expertCount === 8) type = 'Q8_0';
    else if (name.includes('attn_output.weight') && model.expertCount === 8 && (fileType === 'Q4_K_S' || fileType === 'Q4_K_M')) type = 'Q5_K';
    else if (name.includes('ffn_down')) type = downType(type, fileType, layerOf(name, down++, model), model.blockCount);
    return fitting(type, shape.at(-1)!);
  });
}

/** Tensors by layer, then by name: the order of a quantized file. Source: weight_name_comparer of src/llama-model-loader.h */
export function quantizedOrder(left: string, right: string): number {
  const layer = (name: string) => Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? -1);
  return layer(left) - layer(right) || (left < right ? -1 : left > right ? 1 : 0);
}

/** Source: tensor_allows_quantization of src/llama-quant.cpp, as far as it concerns the architectures that are converted here */
function isQuantized(name: string, shape: readonly number[]): boolean {
  const dimensions = [...shape].reverse().reduce((last, size, index) => (size > 1 ? index + 1 : last), 1);
  return dimensions >= 2 && name.endsWith('weight') && !/_norm\.weight|ffn_gate_inp\.weight/.test(name) && name !== 'position_embd.weight' && name !== 'token_types.weight';
}

const isValueLike = (name: string) => name.includes('attn_qkv.weight') || name.includes('attn_v.weight');

/** The first and last eighth of the layers, and every third between. */
function getsMoreBits(layer: number, layers: number): boolean {
  const eighth = Math.floor(layers / 8);
  return layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2;
}

function valueType(type: TensorType, fileType: FileType, model: MixtureModel, index: number, count: number): TensorType {
  let chosen = type;
  if ((fileType === 'Q4_K_M' || fileType === 'Q5_K_M') && getsMoreBits(index, count)) chosen = 'Q6_K';
  else if (fileType === 'Q4_K_S' && index < 4) chosen = 'Q5_K';
  if (is70B(model) && chosen === 'Q4_K') chosen = 'Q5_K';
  return model.expertCount === 8 ? 'Q8_0' : chosen;
}

/** Eight query heads share each value there, so its bits are cheap. */
function is70B({ architecture, blockCount, headCount, keyHeadCount }: MixtureModel): boolean {
  return blockCount === 80 && (architecture === 'qwen2' || (architecture === 'llama' && headCount !== keyHeadCount));
}

function downType(type: TensorType, fileType: FileType, layer: number, layers: number): TensorType {
  if ((fileType === 'Q4_K_M' || fileType === 'Q5_K_M') && getsMoreBits(layer, layers)) return 'Q6_K';
  return fileType === 'Q4_K_S' && layer < Math.floor(layers / 8) ? 'Q5_K' : type;
}

/** With experts the layer is in the name; else the tensors are counted. */
function layerOf(name: string, counted: number, { expertCount }: MixtureModel): number {
  return expertCount > 1 ? Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? counted) : counted;
}

function fitting(type: TensorType, columns: number): TensorType {
  if (columns % tensorTypes[type].blockElements === 0) return type;
  const smaller = fallback[type] ?? type;
  return columns % tensorTypes[smaller].blockElements === 0 ? smaller : 'F16';
}
