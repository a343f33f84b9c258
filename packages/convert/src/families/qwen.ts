import type { Weight } from '../checkpoint/weight.js';
import { corrupt } from '../errors.js';
import { writeByteLevel, writeSentencePiece } from '../vocabulary/write.js';
import { ExpertCollector } from './experts.js';
import type { Family, FamilyContext, NamedWeight, TensorMapper } from './family.js';
import { writeParameters, writePooling } from './parameters.js';
import { decoderNames, headNormNames, mapName, textTensor, type TensorNames } from './tensor-names.js';

const denseNames: TensorNames = { ...decoderNames, ...headNormNames };

const expertNames: TensorNames = {
  ...denseNames,
  'model.layers.#.mlp.gate': 'blk.#.ffn_gate_inp',
  'model.layers.#.mlp.experts.gate_proj': 'blk.#.ffn_gate_exps',
  'model.layers.#.mlp.experts.up_proj': 'blk.#.ffn_up_exps',
  'model.layers.#.mlp.experts.down_proj': 'blk.#.ffn_down_exps',
  'model.layers.#.mlp.shared_expert_gate': 'blk.#.ffn_gate_inp_shexp',
  'model.layers.#.mlp.shared_expert.gate_proj': 'blk.#.ffn_gate_shexp',
  'model.layers.#.mlp.shared_expert.up_proj': 'blk.#.ffn_up_shexp',
  'model.layers.#.mlp.shared_expert.down_proj': 'blk.#.ffn_down_shexp',
};

/** Qwen 2 and 2.5, and the DeepSeek distillations built on them. Source: classes Qwen2Model to Qwen3MoeModel of llama.cpp's conversion/qwen.py */
export const qwen2: Family = {
  name: 'qwen2',
  architectures: ['Qwen2ForCausalLM', 'Qwen2Model'],
  keep: textTensor,
  parameters: async (context, metadata, fileType) => {
    writeParameters(context, metadata, fileType);
    await writePooling(context, metadata);
  },
  vocabulary: (context, metadata) => (context.folder.has('tokenizer.model') ? writeSentencePiece(context, metadata) : writeByteLevel(context, metadata)),
  mapper: denseMapper,
};

export const qwen3: Family = { ...qwen2, name: 'qwen3', architectures: ['Qwen3ForCausalLM', 'Qwen3Model'] };

export const qwen2moe: Family = {
  name: 'qwen2moe',
  architectures: ['Qwen2MoeForCausalLM'],
  keep: textTensor,
  parameters: (context, metadata, fileType) => {
    writeParameters(context, metadata, fileType);
    for (const [key, name] of [['expert_feed_forward_length', 'moe_intermediate_size'], ['expert_shared_feed_forward_length', 'shared_expert_intermediate_size']] as const) {
      const size = context.config.number(name);
      if (size !== undefined) metadata.uint32(metadata.own(key), size);
    }
  },
  vocabulary: writeByteLevel,
  mapper: expertMapper,
};

export const qwen3moe: Family = { ...qwen2moe, name: 'qwen3moe', architectures: ['Qwen3MoeForCausalLM'] };

function denseMapper({ config, blockCount }: FamilyContext): TensorMapper {
  const isBare = /^Qwen[23]Model$/.test(config.architecture ?? ''); // without a language model's head, names have no prefix
  return { map: (name, weight) => [{ name: mapName(denseNames, isBare ? `model.${name}` : name, blockCount), weight }] };
}

function expertMapper(context: FamilyContext): TensorMapper {
  const experts = new ExpertCollector(context, ['down_proj', 'gate_proj', 'up_proj']);
  const named = (name: string, weight: Weight): NamedWeight => ({ name: mapName(expertNames, name, context.blockCount), weight });
  return {
    map: (name, weight) => {
      const joined = /^(.*\.mlp\.experts)\.(down_proj|gate_up_proj)(?:\.weight)?$/.exec(name);
      if (joined) return splitJoined(joined[1]!, joined[2]!, weight).map(([path, part]) => named(path, part));
      const expert = /^(.*\.mlp\.experts)\.(\d+)\.(\w+)\.weight$/.exec(name);
      if (!expert) return [named(name, weight)];
      const [, path, index, matrix] = expert as unknown as [string, string, string, string];
      return experts.add(path, Number(index), matrix, weight).map(([of, stack]) => named(`${path}.${of}.weight`, stack));
    },
    finish: () => experts.finish(),
  };
}

/** Experts that the checkpoint has stacked already; gate and up in one tensor [experts, 2 x size, columns] are taken apart. */
function splitJoined(path: string, matrix: string, weight: Weight): [string, Weight][] {
  if (matrix === 'down_proj') return [[`${path}.down_proj.weight`, weight]];
  const rows = weight.shape.at(-2) ?? 0;
  if (weight.shape.length < 3 || rows % 2 !== 0) throw corrupt(`${path}.gate_up_proj has the shape [${weight.shape.join(', ')}].`);
  return [[`${path}.gate_proj.weight`, weight.sliceMiddle(0, rows / 2)], [`${path}.up_proj.weight`, weight.sliceMiddle(rows / 2, rows)]];
}
