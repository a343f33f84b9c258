import { LlmiError } from '@llmi/core';
import { regularExpression, type TokenPattern } from './library.js';
import { precompiledNormalizer } from './precompiled-charsmap.js';
import type { TracedText } from './traced-text.js';

/** The `normalizer` of tokenizer.json. */
export interface NormalizerConfig {
  type: string;
  [field: string]: unknown;
}

export type Normalize = (text: TracedText) => TracedText;

/** Text to text as the Python library does it, each character traced to where it comes from. @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED */
export function makeNormalizer(config: NormalizerConfig | null | undefined): Normalize {
  if (!config) return (text) => text;
  switch (config.type) {
    case 'Sequence': {
      const steps = ((config.normalizers ?? []) as NormalizerConfig[]).map(makeNormalizer);
      return (text) => steps.reduce((value, step) => step(value), text);
    }
    case 'BertNormalizer':
      return bertNormalizer(config);
    case 'Lowercase':
      return (text) => text.replace(characters, lowercase);
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return unicodeNormalizer(config.type);
    case 'StripAccents':
      return (text) => text.replace(/\p{M}+/gu, () => '');
    case 'Replace':
      return replaceNormalizer(config.pattern as TokenPattern, String(config.content ?? ''));
    case 'Prepend':
      return (text) => (text.length === 0 ? text : text.rewrite([{ start: 0, end: 0, text: String(config.prepend) }]));
    case 'Strip':
      return stripNormalizer(config.strip_left !== false, config.strip_right !== false);
    case 'Precompiled':
      return charsmapNormalizer(config.precompiled_charsmap);
    case 'Nmt':
      return (text) => text.replace(/\p{Cc}/gu, (control) => (isNmtRemoved(control.charCodeAt(0)) ? '' : control)).replace(nmtSpaces, () => ' ');
    default:
      throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The tokenizer normalizes with "${config.type}", which llmi does not know.`, hint: 'Report the model, so that it can be supported.' });
  }
}

const characters = /[\s\S]/gu;

/** Everything in Unicode's categories of control, format, private use and surrogates but tab and line ends; NUL; U+FFFD. */
const removed = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\uFFFD]/gu;

/** The blocks of CJK ideographs that BERT takes for words of their own. Source: google-research/bert, tokenization.py, `_is_chinese_char` */
const ideographs =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;

/** Source: huggingface/tokenizers, normalizers/unicode.rs, `do_nmt` */
const isNmtRemoved = (code: number) => (code >= 1 && code <= 8) || code === 0x0b || (code >= 0x0e && code <= 0x1f) || code === 0x7f || code === 0x8f || code === 0x9f;
const nmtSpaces = /[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]/g;

/** Source: huggingface/tokenizers, normalizers/bert.rs */
function bertNormalizer({ clean_text, handle_chinese_chars, strip_accents, lowercase: lower }: NormalizerConfig): Normalize {
  return (text) => {
    let normalized = text;
    if (clean_text !== false) normalized = normalized.replace(removed, () => '').replace(/\s/g, () => ' ');
    if (handle_chinese_chars !== false) normalized = normalized.replace(ideographs, (character) => ` ${character} `);
    if (strip_accents ?? lower) normalized = unicodeNormalizer('NFD')(normalized).replace(/\p{Mn}+/gu, () => '');
    return lower ? normalized.replace(characters, lowercase) : normalized;
  };
}

/** Character by character: JavaScript alone writes a sigma at the end of a word as ς. */
function lowercase(character: string): string {
  return character.toLowerCase();
}

/** Stretches that Unicode's normal forms treat by themselves: a base with its marks, a syllable of Hangul parts. */
const clusters = /[\u1100-\u11FF]+|\P{M}\p{M}*|\p{M}+/gu;

function unicodeNormalizer(form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): Normalize {
  return (text) => {
    const normalized = text.replace(clusters, (cluster) => cluster.normalize(form));
    const whole = text.text.normalize(form);
    if (normalized.text === whole) return normalized;
    // A mark that joins what is before its cluster: rare, and then told word by word.
    const byWord = text.replace(/\S+/g, (word) => word.normalize(form));
    return byWord.text === whole ? byWord : text.rewrite([{ start: 0, end: text.length, text: whole }]);
  };
}

function replaceNormalizer(pattern: TokenPattern, content: string): Normalize {
  const expression = regularExpression(pattern);
  return (text) => {
    const rewrites = [...text.text.matchAll(expression)].map(({ 0: match, index }) => ({ index, match }));
    // Of several characters that become one, the last one counts as where it comes from.
    return text.rewrite(
      rewrites.flatMap(({ index, match }) => {
        const last = index + match.length - 1;
        if (match.length < 2 || content.length !== 1) return [{ start: index, end: index + match.length, text: content }];
        return [{ start: index, end: last, text: '' }, { start: last, end: last + 1, text: content }];
      }),
    );
  };
}

function stripNormalizer(left: boolean, right: boolean): Normalize {
  return (text) => {
    const start = left ? text.length - text.text.trimStart().length : 0;
    const end = right ? text.text.trimEnd().length : text.length;
    return text.slice(Math.min(start, end), end);
  };
}

function charsmapNormalizer(charsmap: unknown): Normalize {
  if (typeof charsmap !== 'string' || charsmap === '') return (text) => text;
  const rewritesOf = precompiledNormalizer(charsmap);
  return (text) => text.rewrite(rewritesOf(text.text));
}
