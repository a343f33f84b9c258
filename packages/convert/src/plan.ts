import { PlainWeight } from './checkpoint/weight.js';
import type { Checkpoint } from './checkpoint/checkpoint.js';
import { corrupt } from './errors.js';
import type { Family, FamilyContext, NamedWeight } from './families/family.js';
import type { GgufMetadata } from './gguf/metadata.js';
import { fileTypes, type FileType } from './output-type.js';
import { mixtureTypes, quantizedOrder } from './quantize/mixture.js';
import { plainTensorType } from './quantize/plain-choice.js';
import type { PlannedTensor } from './write/write-tensors.js';

/** Every tensor of the file to be, in the reference's order: made ones first, then those of the checkpoint. */
export async function nameTensors(family: Family, context: FamilyContext, checkpoint: Checkpoint, metadata: GgufMetadata): Promise<NamedWeight[]> {
  const named: NamedWeight[] = [...(family.extraTensors?.(context, metadata) ?? [])];
  const mapper = await family.mapper(context);
  for (const tensor of checkpoint.tensors) {
    const name = family.keep ? family.keep(tensor.name) : tensor.name;
    if (name !== undefined) named.push(...mapper.map(name, PlainWeight.of(tensor)));
  }
  mapper.finish?.();
  return unique(named);
}

function unique(named: NamedWeight[]): NamedWeight[] {
  const seen = new Set<string>();
  for (const { name } of named) {
    if (seen.has(name)) throw corrupt(`Two tensors of the model would become ${name}.`);
    seen.add(name);
  }
  return named;
}

/** Chooses each tensor's type, and for quantized files the order and the place of their metadata as llama-quantize does. */
export function planTensors(named: readonly NamedWeight[], fileType: FileType, metadata: GgufMetadata): PlannedTensor[] {
  const tensors = named.map(({ name, weight }) => ({ name, shape: weight.shape, rows: (weight as PlainWeight).rows }));
  if (fileTypes[fileType].isPlain) return tensors.map((tensor) => ({ ...tensor, type: plainTensorType(tensor.name, tensor.shape, fileType) }));
  tensors.sort((left, right) => quantizedOrder(left.name, right.name));
  for (const tensor of tensors) tensor.shape = withoutLeadingOnes(tensor.shape);
  metadata.moveToEnd('general.quantization_version');
  metadata.moveToEnd('general.file_type');
  const number = (key: string) => metadata.number(metadata.own(key)) ?? 0;
  const types = mixtureTypes(tensors, fileType, {
    architecture: metadata.architecture,
    blockCount: number('block_count'),
    expertCount: number('expert_count'),
    headCount: number('attention.head_count'),
    keyHeadCount: number('attention.head_count_kv'),
  });
  return tensors.map((tensor, index) => ({ ...tensor, type: types[index]! }));
}

/** ggml forgets trailing dimensions of 1 (leading ones here) when it copies a tensor. */
function withoutLeadingOnes(shape: readonly number[]): readonly number[] {
  const first = shape.findIndex((size) => size !== 1);
  return first < 0 ? shape.slice(-1) : shape.slice(first);
}
