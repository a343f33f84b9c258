import type { TokenizerJson } from '../tokenizer/text-tokenizer.js';

const key = 'tokenizer.ggml.';
const wordStart = '▁'; // before pieces that begin a word; the others had ## before them
const controlType = 3; // LLAMA_TOKEN_TYPE_CONTROL

/**
 * tokenizer.json and tokenizer_config.json of a BERT vocabulary that a GGUF file holds; undefined for another kind. The file does not
 * say whether the vocabulary is cased, but one with capital letters in it is.
 * Source: _set_vocab of class BertModel in llama.cpp's conversion/bert.py
 */
export function wordPieceFiles(metadata: Readonly<Record<string, unknown>>): { tokenizer: TokenizerJson; config: Record<string, unknown> } | undefined {
  const [tokens, types] = [metadata[`${key}tokens`], metadata[`${key}token_type`]];
  if (metadata[`${key}model`] !== 'bert' || !Array.isArray(tokens)) return undefined;
  const isControl = (id: number) => Array.isArray(types) && types[id] === controlType;
  const isCased = tokens.some((token: string, id) => !isControl(id) && /^▁?\p{Lu}/u.test(token));
  const texts = tokens.map((token: string, id) => (isControl(id) ? token : token.startsWith(wordStart) ? token.slice(1) : `##${token}`));
  const named = (name: string, usual: string) => texts[Number(metadata[`${key}${name}`] ?? -1)] ?? usual;
  const [cls, sep, unknown, pad] = [named('cls_token_id', named('bos_token_id', '[CLS]')), named('seperator_token_id', '[SEP]'), named('unknown_token_id', '[UNK]'), named('padding_token_id', '[PAD]')];
  const special = [...new Set([pad, unknown, cls, sep, named('mask_token_id', '[MASK]')])].filter((token) => texts.includes(token));
  const one = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } });
  const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
  const tokenizer = {
    added_tokens: special.map((content) => ({ id: texts.indexOf(content), content, special: true, normalized: false, single_word: false, lstrip: false, rstrip: false })),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: !isCased },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [one(cls, 0), sequence('A', 0), one(sep, 0)],
      pair: [one(cls, 0), sequence('A', 0), one(sep, 0), sequence('B', 1), one(sep, 1)],
      special_tokens: Object.fromEntries([cls, sep].map((token) => [token, { id: token, ids: [texts.indexOf(token)], tokens: [token] }])),
    },
    decoder: null,
    model: { type: 'WordPiece', unk_token: unknown, continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab: Object.fromEntries(texts.map((text, id) => [text, id])) },
  };
  return { tokenizer, config: { pad_token: pad, tokenizer_class: 'PreTrainedTokenizerFast' } };
}
