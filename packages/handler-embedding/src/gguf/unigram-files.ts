import type { NormalizerConfig } from '../tokenizer/normalizer.js';
import type { TokenizerJson } from '../tokenizer/text-tokenizer.js';

const key = 'tokenizer.ggml.';
const controlType = 3; // LLAMA_TOKEN_TYPE_CONTROL

/**
 * tokenizer.json and tokenizer_config.json of a Unigram vocabulary that a GGUF file holds (XLM-RoBERTa, T5); undefined for another kind.
 * A space is put before the first word whatever the file says of it: the key was read from a place that few tokenizers have.
 * Source: _set_vocab of class XLMRobertaModel in llama.cpp's conversion/bert.py, and class SpmConverter of transformers
 */
export function unigramFiles(metadata: Readonly<Record<string, unknown>>): { tokenizer: TokenizerJson; config: Record<string, unknown> } | undefined {
  const [tokens, scores, types] = [metadata[`${key}tokens`], metadata[`${key}scores`], metadata[`${key}token_type`]];
  if (metadata[`${key}model`] !== 't5' || !Array.isArray(tokens) || !Array.isArray(scores) || !Array.isArray(types)) return undefined;
  const id = (name: string): number | undefined => (metadata[`${key}${name}_token_id`] === undefined ? undefined : Number(metadata[`${key}${name}_token_id`]));
  const unknown = id('unknown') ?? Math.max(0, tokens.indexOf('<unk>'));
  const special = new Set([id('bos'), id('eos'), id('padding'), id('seperator'), unknown, ...types.flatMap((type, index) => (Number(type) === controlType ? [index] : []))].filter((token) => token !== undefined));
  const wants = (name: string, token: number | undefined) => (metadata[`${key}${name}`] !== false && token !== undefined ? [token] : []);
  const [before, after] = [wants('add_bos_token', id('bos')), wants('add_eos_token', id('eos'))];
  const one = (token: number) => ({ SpecialToken: { id: tokens[token] as string, type_id: 0 } });
  const sequence = (name: string) => ({ Sequence: { id: name, type_id: 0 } });
  const frame = (...content: object[]) => [...before.map(one), ...content, ...after.map(one)];
  const tokenizer = {
    added_tokens: [...special].map((token) => ({ id: token, content: tokens[token] as string, special: true, normalized: false, single_word: false, lstrip: false, rstrip: false })),
    normalizer: normalizerOf(metadata),
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', add_prefix_space: true, prepend_scheme: 'always' },
    post_processor: {
      type: 'TemplateProcessing',
      single: frame(sequence('A')),
      pair: frame(sequence('A'), ...after.map(one), ...after.map(one), sequence('B')),
      special_tokens: Object.fromEntries([...before, ...after].map((token) => [tokens[token], { id: tokens[token] as string, ids: [token], tokens: [tokens[token] as string] }])),
    },
    decoder: null,
    model: { type: 'Unigram', unk_id: unknown, vocab: tokens.map((token: string, index) => [token, Number(scores[index])]), byte_fallback: false },
  };
  return { tokenizer, config: { tokenizer_class: 'PreTrainedTokenizerFast', pad_token: tokens[id('padding') ?? unknown], unk_token: tokens[unknown], eos_token: tokens[id('eos') ?? unknown] } };
}

/** Whatever the model was trained with, transformers drops spaces at the end and joins those in a row. */
function normalizerOf(metadata: Readonly<Record<string, unknown>>): NormalizerConfig {
  const map = metadata[`${key}precompiled_charsmap`];
  const characters = Array.isArray(map) && map.length > 0 ? [{ type: 'Precompiled', precompiled_charsmap: Buffer.from(map.map(Number)).toString('base64') }] : [];
  return { type: 'Sequence', normalizers: [...characters, { type: 'Strip', strip_left: false, strip_right: true }, { type: 'Replace', pattern: { Regex: ' {2,}' }, content: '▁' }] };
}
