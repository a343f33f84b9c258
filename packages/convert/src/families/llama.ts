import { PlainWeight } from '../checkpoint/weight.js';
import type { GgufMetadata } from '../gguf/metadata.js';
import { writeLlamaVocabulary } from '../vocabulary/write.js';
import { ExpertCollector } from './experts.js';
import type { Family, FamilyContext, TensorMapper } from './family.js';
import { writeParameters } from './parameters.js';
import { globalRope, llama3Factors } from './rope.js';
import { decoderNames, mapName, textTensor, type TensorNames } from './tensor-names.js';

const names: TensorNames = {
  ...decoderNames,
  'model.layers.#.block_sparse_moe.gate': 'blk.#.ffn_gate_inp',
  'model.layers.#.block_sparse_moe.experts.w1': 'blk.#.ffn_gate_exps',
  'model.layers.#.block_sparse_moe.experts.w2': 'blk.#.ffn_down_exps',
  'model.layers.#.block_sparse_moe.experts.w3': 'blk.#.ffn_up_exps',
};

/** LLaMA 1 to 3, Mistral, Mixtral, SmolLM and what is built like them. Source: class LlamaModel of llama.cpp's conversion/llama.py */
export const llama: Family = {
  name: 'llama',
  architectures: ['LlamaForCausalLM', 'LLaMAForCausalLM', 'MistralForCausalLM', 'MixtralForCausalLM', 'LlamaModel'],
  keep: (name) => textTensor(name.replaceAll('text_model.', '')),
  parameters: (context, metadata, fileType) => {
    writeParameters(context, metadata, fileType);
    metadata.uint32(metadata.own('vocab_size'), context.config.required('vocab_size'));
    metadata.uint32(metadata.own('rope.dimension_count'), headSize(context));
  },
  vocabulary: writeVocabulary,
  extraTensors: (context) => {
    const rope = globalRope(context.rope);
    if (String(rope['rope_type'] ?? '').toLowerCase() !== 'llama3') return [];
    return [{ name: 'rope_freqs.weight', weight: PlainWeight.constant(llama3Factors(rope, headSize(context))) }];
  },
  mapper: llamaMapper,
};

/** SmolLM 3: LLaMA with layers that do not rotate. */
export const smollm3: Family = { ...llama, name: 'smollm3', architectures: ['SmolLM3ForCausalLM'] };

function headSize({ config }: FamilyContext): number {
  return config.number('head_dim') ?? Math.floor(config.required('hidden_size') / config.required('num_attention_heads'));
}

function llamaMapper(context: FamilyContext): TensorMapper {
  const { config, blockCount } = context;
  const heads = config.required('n_heads', 'num_attention_heads');
  const keyHeads = config.number('n_kv_heads', 'num_key_value_heads') ?? heads;
  const experts = config.number('num_local_experts') === undefined ? undefined : new ExpertCollector(context, ['w1', 'w2', 'w3']);
  const prefix = config.architecture === 'LlamaModel' ? 'model.' : '';
  return {
    map: (bareName, weight) => {
      const name = prefix + bareName;
      const expert = /^(.*\.block_sparse_moe\.experts)\.(\d+)\.(w[123])\.weight$/.exec(name);
      if (expert && experts) {
        const [, path, index, matrix] = expert as unknown as [string, string, string, string];
        return experts.add(path, Number(index), matrix, weight).map(([of, stack]) => ({ name: mapName(names, `${path}.${of}.weight`, blockCount), weight: stack }));
      }
      const turned = /q_proj\.(weight|bias)$/.test(name) ? weight.interleaveHeads(heads) : /k_proj\.(weight|bias)$/.test(name) ? weight.interleaveHeads(keyHeads) : weight;
      return [{ name: mapName(names, name, blockCount), weight: turned }];
    },
    finish: () => experts?.finish(),
  };
}

async function writeVocabulary(context: FamilyContext, metadata: GgufMetadata): Promise<void> {
  const { tokenizer, config } = context;
  const addSpace = tokenizer.config?.['add_prefix_space'];
  if (typeof addSpace === 'boolean') metadata.bool('tokenizer.ggml.add_space_prefix', addSpace);
  await writeLlamaVocabulary(context, metadata);
  const size = config.number('vocab_size') ?? 32_000;
  if (size === 32_016 && !metadata.has('tokenizer.ggml.eot_token_id')) metadata.uint32('tokenizer.ggml.eot_token_id', 32_010); // CodeLlama
  if (size === 49_152) metadata.bool('tokenizer.ggml.add_bos_token', false); // SmolLM and the small Granite models
}
