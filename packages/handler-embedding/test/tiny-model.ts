import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { lookupGraph } from './protobuf.js';

export const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'hello', 'world', 'query', ':'];

/** The vector of each token of the vocabulary: easy to pool by hand. Padding is far away, so that none gets in unseen. */
export const table = [
  [9000, 9000],
  [1, 1],
  [0, 0],
  [0, 0],
  [3, 0],
  [0, 4],
  [6, 0],
  [0, 8],
];

/** A WordPiece tokenizer that puts [CLS] before and [SEP] behind. */
export const tokenizerJson = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]'].map((content, id) => ({ id, content, special: true, normalized: false, single_word: false, lstrip: false, rstrip: false })),
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '[CLS]', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '[SEP]', type_id: 0 } }],
    pair: [],
    special_tokens: { '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] }, '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] } },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
  },
};

const modules = (...names: string[]) => names.map((name, idx) => ({ idx, name: String(idx), path: name === 'Transformer' ? '' : `${idx}_${name}`, type: `sentence_transformers.models.${name}` }));

/** The files of a model with mean pooling and normalization, by path. */
export function tinyFiles(): Record<string, object> {
  return {
    'config.json': { model_type: 'bert', architectures: ['BertModel'], hidden_size: 2, intermediate_size: 4, num_attention_heads: 1, max_position_embeddings: 16 },
    'modules.json': modules('Transformer', 'Pooling', 'Normalize'),
    '1_Pooling/config.json': { word_embedding_dimension: 2, pooling_mode_mean_tokens: true },
    'sentence_bert_config.json': { max_seq_length: 8, do_lower_case: false },
    'config_sentence_transformers.json': { prompts: { query: 'query: ', passage: '' }, default_prompt_name: null },
    'tokenizer.json': tokenizerJson,
    'tokenizer_config.json': { tokenizer_class: 'BertTokenizer', pad_token: '[PAD]', model_max_length: 512 },
    'onnx/model.onnx': lookupGraph(table),
  };
}

/** Writes files into a new folder: buffers as they are, everything else as JSON. */
export function writeFiles(files: Record<string, unknown>): string {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-embedding-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), Buffer.isBuffer(content) || typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

/** A safetensors file of float32 tensors, each a shape and its values; or of a header and data as they are. */
export function safetensors(tensors: Record<string, [shape: number[], values: number[]]>, given?: { header: object; data: Buffer }): Buffer {
  const header: Record<string, object> = {};
  const parts: Buffer[] = [];
  let offset = 0;
  for (const [name, [shape, values]] of Object.entries(tensors)) {
    const bytes = Buffer.from(Float32Array.from(values).buffer);
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, (offset += bytes.length)] };
    parts.push(bytes);
  }
  const text = Buffer.from(JSON.stringify(given?.header ?? header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, given?.data ?? Buffer.concat(parts)]);
}
