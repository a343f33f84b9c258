import { surroundedBy } from './byte-level.js';

/** The control tokens of BERT, which a WordPiece vocabulary begins with. */
export const wordPieceSpecials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];

/** A tokenizer.json of BERT's kind: [CLS] before a text, [SEP] behind it. `words` come behind the control tokens, `##` before an ending. */
export function wordPieceTokenizer(words: readonly string[]): object {
  const vocabulary = [...wordPieceSpecials, ...words];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: wordPieceSpecials.map((content, id) => ({ id, content, special: true, normalized: false, single_word: false, lstrip: false, rstrip: false })),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: surroundedBy(['[CLS]'], ['[SEP]'], vocabulary),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    },
  };
}
