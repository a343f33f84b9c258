import { corrupt } from '../errors.js';
import type { GgufMetadata } from '../gguf/metadata.js';
import { isObject } from '../model-folder.js';
import { writeByteLevel, writeSentencePiece } from '../vocabulary/write.js';
import { sentencePieceVocabulary } from '../vocabulary/sentencepiece.js';
import type { Family, FamilyContext, TensorMapper } from './family.js';
import { writeParameters, writePooling } from './parameters.js';
import { globalRope } from './rope.js';
import { decoderNames, headNormNames, mapName, textTensor, type TensorNames } from './tensor-names.js';

/** From the second generation on there is a norm after each part as well. */
const fourNorms: TensorNames = {
  ...decoderNames,
  ...headNormNames,
  'model.layers.#.post_attention_layernorm': 'blk.#.post_attention_norm',
  'model.layers.#.pre_feedforward_layernorm': 'blk.#.ffn_norm',
  'model.layers.#.post_feedforward_layernorm': 'blk.#.post_ffw_norm',
};

/** The output is the embedding; a head that a tool has saved beside it is left out. */
const withoutHead = (name: string) => (name === 'lm_head.weight' ? undefined : textTensor(name));

/** Gemma 1. Source: classes GemmaModel to EmbeddingGemma of llama.cpp's conversion/gemma.py */
export const gemma: Family = {
  name: 'gemma',
  architectures: ['GemmaForCausalLM'],
  keep: withoutHead,
  parameters: writeOwnParameters,
  vocabulary: async (context, metadata) => {
    await writeSentencePiece(context, metadata);
    if (!metadata.has('tokenizer.ggml.eot_token_id')) metadata.uint32('tokenizer.ggml.eot_token_id', 107); // <end_of_turn>
    metadata.bool('tokenizer.ggml.add_space_prefix', false);
  },
  mapper: (context) => normMapper(decoderNames, context),
};

export const gemma2: Family = {
  name: 'gemma2',
  architectures: ['Gemma2ForCausalLM'],
  keep: withoutHead,
  parameters: (context, metadata, fileType) => {
    writeOwnParameters(context, metadata, fileType);
    metadata.float32(metadata.own('attn_logit_softcapping'), context.config.required('attn_logit_softcapping'));
    metadata.float32(metadata.own('final_logit_softcapping'), context.config.required('final_logit_softcapping'));
    metadata.uint32(metadata.own('attention.sliding_window'), context.config.required('sliding_window'));
  },
  vocabulary: async (context, metadata) => {
    await writeSentencePiece(context, metadata);
    metadata.bool('tokenizer.ggml.add_space_prefix', false);
  },
  mapper: (context) => normMapper(fourNorms, context),
};

/** Gemma 3, the text part. */
export const gemma3: Family = {
  name: 'gemma3',
  architectures: ['Gemma3ForCausalLM', 'Gemma3ForConditionalGeneration'],
  keep: textTensor,
  parameters: (context, metadata, fileType) => {
    const { config } = context;
    writeParameters(context, metadata, fileType);
    metadata.uint32(metadata.own('context_length'), config.number('max_position_embeddings') ?? 131_072);
    metadata.uint32(metadata.own('attention.head_count'), config.number('num_attention_heads') ?? 8);
    metadata.float32(metadata.own('attention.layer_norm_rms_epsilon'), config.number('rms_norm_eps') ?? 1e-6);
    metadata.uint32(metadata.own('attention.key_length'), config.number('head_dim') ?? 256);
    metadata.uint32(metadata.own('attention.value_length'), config.number('head_dim') ?? 256);
    const theta = globalRope(context.rope)['rope_theta'];
    metadata.float32(metadata.own('rope.freq_base'), typeof theta === 'number' ? theta : 1e6);
    const softcap = config.number('final_logit_softcapping');
    if (softcap) metadata.float32(metadata.own('final_logit_softcapping'), softcap);
    if (config.values['sliding_window_pattern'] !== 1) metadata.uint32(metadata.own('attention.sliding_window'), config.required('sliding_window'));
    metadata.uint32(metadata.own('attention.head_count_kv'), config.number('num_key_value_heads') ?? 4);
  },
  vocabulary: writeGemma3Vocabulary,
  mapper: async (context) => normMapper(fourNorms, context, await realVocabularySize(context)),
};

/** EmbeddingGemma. */
export const gemmaEmbedding: Family = {
  ...gemma3,
  name: 'gemma-embedding',
  architectures: ['Gemma3TextModel'],
  parameters: async (context, metadata, fileType) => {
    await gemma3.parameters(context, metadata, fileType);
    const window = context.config.raw['sliding_window'];
    if (typeof window !== 'number') throw corrupt('config.json has no number sliding_window.');
    metadata.uint32(metadata.own('attention.sliding_window'), window);
    await writePooling(context, metadata);
  },
  mapper: async (context) => {
    const { map } = normMapper(fourNorms, context, await realVocabularySize(context));
    return { map: (name, weight) => map(name.startsWith('model.') ? name : `model.${name}`, weight) };
  },
};

function writeOwnParameters({ config, blockCount }: FamilyContext, metadata: GgufMetadata, fileType: number): void {
  metadata.uint32(metadata.own('context_length'), config.required('max_position_embeddings'));
  metadata.uint32(metadata.own('embedding_length'), config.required('hidden_size'));
  metadata.uint32(metadata.own('block_count'), blockCount);
  metadata.uint32(metadata.own('feed_forward_length'), config.required('intermediate_size'));
  metadata.uint32(metadata.own('attention.head_count'), config.required('num_attention_heads'));
  metadata.uint32(metadata.own('attention.head_count_kv'), config.number('num_key_value_heads') ?? config.required('num_attention_heads'));
  metadata.float32(metadata.own('attention.layer_norm_rms_epsilon'), config.required('rms_norm_eps'));
  metadata.uint32(metadata.own('attention.key_length'), config.required('head_dim'));
  metadata.uint32(metadata.own('attention.value_length'), config.required('head_dim'));
  metadata.uint32('general.file_type', fileType);
}

async function writeGemma3Vocabulary(context: FamilyContext, metadata: GgufMetadata): Promise<void> {
  if (!context.folder.has('tokenizer.model')) return writeByteLevel(context, metadata);
  await writeSentencePiece(context, metadata);
  metadata.bool('tokenizer.ggml.add_space_prefix', false);
}

/** Tokens that there really are: multimodal models have embeddings beyond them. */
async function realVocabularySize({ folder, tokenizer, config }: FamilyContext): Promise<number> {
  if (folder.has('tokenizer.model')) return (await sentencePieceVocabulary(folder, tokenizer, config.number('vocab_size'))).tokens.length;
  const vocab = tokenizer.model['vocab'];
  const added = tokenizer.json?.['added_tokens'];
  return (isObject(vocab) ? Object.keys(vocab).length : 0) + (Array.isArray(added) ? added.length : 0);
}

/** Norms are stored as their difference from 1; embeddings of no token are cut off. */
function normMapper(names: TensorNames, { blockCount }: FamilyContext, vocabularySize = Infinity): TensorMapper {
  return {
    map: (name, weight) => {
      const cut = name.includes('embed_tokens.weight') && vocabularySize < weight.shape[0]! ? weight.slice(0, vocabularySize) : weight;
      return [{ name: mapName(names, name, blockCount), weight: name.endsWith('norm.weight') ? cut.plusOne() : cut }];
    },
  };
}
