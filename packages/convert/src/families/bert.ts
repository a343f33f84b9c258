import type { Weight } from '../checkpoint/weight.js';
import { corrupt, unsupported } from '../errors.js';
import type { GgufMetadata } from '../gguf/metadata.js';
import { isObject } from '../model-folder.js';
import { writeUnigram } from '../vocabulary/unigram.js';
import { writeByteLevel, writeWordPiece } from '../vocabulary/write.js';
import type { Family, FamilyContext, TensorMapper } from './family.js';
import { writeParameters, writePooling } from './parameters.js';
import { mapName, textTensor, type TensorNames } from './tensor-names.js';

const names: TensorNames = {
  'embeddings.word_embeddings': 'token_embd',
  'embeddings.token_type_embeddings': 'token_types',
  'embeddings.position_embeddings': 'position_embd',
  'embeddings.LayerNorm': 'token_embd_norm',
  'encoder.layer.#.attention.self.query': 'blk.#.attn_q',
  'encoder.layer.#.attention.self.key': 'blk.#.attn_k',
  'encoder.layer.#.attention.self.value': 'blk.#.attn_v',
  'encoder.layer.#.attention.output.dense': 'blk.#.attn_output',
  'encoder.layer.#.attention.output.LayerNorm': 'blk.#.attn_output_norm',
  'encoder.layer.#.intermediate.dense': 'blk.#.ffn_up',
  'encoder.layer.#.output.dense': 'blk.#.ffn_down',
  'encoder.layer.#.output.LayerNorm': 'blk.#.layer_output_norm',
  'transformer.layer.#.attention.q_lin': 'blk.#.attn_q',
  'transformer.layer.#.attention.k_lin': 'blk.#.attn_k',
  'transformer.layer.#.attention.v_lin': 'blk.#.attn_v',
  'transformer.layer.#.attention.out_lin': 'blk.#.attn_output',
  'transformer.layer.#.sa_layer_norm': 'blk.#.attn_output_norm',
  'transformer.layer.#.ffn.lin1': 'blk.#.ffn_up',
  'transformer.layer.#.ffn.lin2': 'blk.#.ffn_down',
  'transformer.layer.#.output_layer_norm': 'blk.#.layer_output_norm',
  classifier: 'cls',
  'classifier.dense': 'cls',
  pre_classifier: 'cls',
  'classifier.out_proj': 'cls.output',
};

/** BERT as encoder, masked language model, or classifier. Source: class BertModel and its heirs in llama.cpp's conversion/bert.py */
export const bert: Family = {
  name: 'bert',
  architectures: ['BertModel', 'BertForMaskedLM', 'BertForSequenceClassification', 'CamembertModel'],
  keep: keepEncoder,
  parameters: writeEncoderParameters,
  vocabulary: writeWordPiece,
  mapper: (context) => encoderMapper(context),
};

export const distilbert: Family = {
  ...bert,
  architectures: ['DistilBertModel', 'DistilBertForMaskedLM', 'DistilBertForSequenceClassification'],
  keep: (name) => {
    const inner = name.replace(/^distilbert\./, '');
    return inner.startsWith('vocab_') ? undefined : keepEncoder(inner);
  },
  parameters: async (context, metadata, fileType) => {
    metadata.float32(metadata.own('attention.layer_norm_epsilon'), 1e-12);
    await writeEncoderParameters(context, metadata, fileType);
  },
};

export const roberta: Family = {
  ...bert,
  architectures: ['RobertaModel', 'RobertaForSequenceClassification'],
  prepare: shortenPositions,
  keep: keepRoberta,
  mapper: (context) => encoderMapper(context, positionOffset(context)),
  vocabulary: async (context, metadata) => {
    if (!context.folder.has('tokenizer.json')) return writeWordPiece(context, metadata);
    await writeByteLevel(context, metadata);
    metadata.uint32('tokenizer.ggml.token_type_count', context.config.number('type_vocab_size') ?? 1);
  },
};

export const xlmRoberta: Family = {
  ...bert,
  architectures: ['XLMRobertaModel', 'XLMRobertaForSequenceClassification'],
  prepare: (context) => {
    if (context.config.values['lora_adaptations']) throw unsupported('The model holds one adapter per task (jina-embeddings-v3), which cannot be converted.');
    shortenPositions(context);
  },
  keep: keepRoberta,
  mapper: (context) => encoderMapper(context, positionOffset(context)),
  vocabulary: writeUnigram,
};

/** RoBERTa counts positions from its padding token's id on: the first ones are never used. */
function positionOffset({ config }: FamilyContext): number {
  const padding = config.number('pad_token_id');
  return padding === undefined ? 0 : 1 + padding;
}

function shortenPositions(context: FamilyContext): void {
  const { config } = context;
  const positions = config.number('max_position_embeddings');
  if (positions !== undefined) config.values['max_position_embeddings'] = positions - positionOffset(context);
}

function keepRoberta(name: string): string | undefined {
  return keepEncoder(name.replace(/^roberta\./, ''));
}

/** Embeddings are all that is made of these models: the pooling layer and the language model's head are left out. */
export function keepEncoder(name: string): string | undefined {
  const plain = name.replace(/^bert\./, '').replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias');
  if (/^(embeddings\.position_ids|pooler\.dense\.(weight|bias))$/.test(plain) || /^cls\.(predictions|seq_relationship)/.test(plain)) return undefined;
  return textTensor(plain);
}

/** Labels of a classifier in the order of their ids; none for the two that every configuration has by default. */
export function classifierLabels({ config }: FamilyContext): string[] {
  const labels = config.values['id2label'];
  if (!isObject(labels)) return [];
  const entries = Object.entries(labels).sort(([left], [right]) => Number(left) - Number(right));
  return entries.length === 2 && entries[0]![1] === 'LABEL_0' ? [] : entries.map(([, label]) => String(label));
}

export async function writeEncoderParameters(context: FamilyContext, metadata: GgufMetadata, fileType: number): Promise<void> {
  writeParameters(context, metadata, fileType);
  metadata.bool(metadata.own('attention.causal'), false);
  await writePooling(context, metadata);
  metadata.strings(metadata.own('classifier.output_labels'), classifierLabels(context));
}

function encoderMapper(context: FamilyContext, offset = 0): TensorMapper {
  const hasLabels = classifierLabels(context).length > 0;
  return {
    map: (name, weight) => {
      const direct = hasLabels ? name.replace(/^classifier\.(weight|bias)$/, 'classifier.out_proj.$1') : name;
      return [{ name: mapName(names, direct, context.blockCount), weight: name === 'embeddings.position_embeddings.weight' ? cutPositions(weight, offset) : weight }];
    },
  };
}

function cutPositions(weight: Weight, offset: number): Weight {
  const positions = weight.shape[0]!;
  if (offset >= positions) throw corrupt(`The model has ${positions} positions, of which it would not use the first ${offset}.`);
  return offset === 0 ? weight : weight.slice(offset, positions);
}
