import { SequenceNormalizer } from './library.js';
import { precompiledNormalizer } from './precompiled-charsmap.js';

/** The `normalizer` of tokenizer.json. */
export interface NormalizerConfig {
  type: string;
  [field: string]: unknown;
}

export type Normalize = (text: string) => string;

/**
 * Text to text as the Python library does it. Ours where the JavaScript library differs from it (CJK characters beyond 16 bits, the sigma at the
 * end of a word, the character maps of SentencePiece), the library's otherwise.
 */
export function makeNormalizer(config: NormalizerConfig): Normalize {
  switch (config.type) {
    case 'Sequence': {
      const steps = ((config.normalizers ?? []) as NormalizerConfig[]).map(makeNormalizer);
      return (text) => steps.reduce((value, step) => step(value), text);
    }
    case 'BertNormalizer':
      return bertNormalizer(config);
    case 'Lowercase':
      return lowercase;
    case 'Precompiled':
      return typeof config.precompiled_charsmap === 'string' ? precompiledNormalizer(config.precompiled_charsmap) : (text) => text;
    default: {
      const step = new SequenceNormalizer({ type: 'Sequence', normalizers: [config] });
      return (text) => step.normalize(text);
    }
  }
}

/** Everything in Unicode's categories of control, format, private use and surrogates but tab and line ends; NUL; U+FFFD. */
const removed = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\uFFFD]/gu;

/** The blocks of CJK ideographs that BERT takes for words of their own. Source: google-research/bert, tokenization.py, `_is_chinese_char` */
const ideographs =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;

/** Source: huggingface/tokenizers, normalizers/bert.rs */
function bertNormalizer({ clean_text, handle_chinese_chars, strip_accents, lowercase: lower }: NormalizerConfig): Normalize {
  return (text) => {
    let normalized = text;
    if (clean_text !== false) normalized = normalized.replace(removed, '').replace(/\s/g, ' ');
    if (handle_chinese_chars !== false) normalized = normalized.replace(ideographs, ' $& ');
    if (strip_accents ?? lower) normalized = normalized.normalize('NFD').replace(/\p{Mn}/gu, '');
    return lower ? lowercase(normalized) : normalized;
  };
}

/** Character by character: JavaScript alone writes a sigma at the end of a word as ς. */
function lowercase(text: string): string {
  return text.replaceAll('Σ', 'σ').toLowerCase();
}
