import type { TextTokenizer } from '@llmi/runtime-transformers';

/** A language that a model has a token for. */
export interface ModelLanguage {
  /** As the model spells it: fra_Latn, fr, fr_XX. */
  code: string;
  token: string;
  id: number;
}

/** How families write languages: NLLB eng_Latn, mBART en_XX, M2M __en__, Marian >>fra<<. */
const languageTokens = [/^([a-z]{3}_[A-Z][a-z]{3})$/, /^([a-z]{2}_[A-Z]{2})$/, /^__([a-z]{2,3}(?:_[A-Za-z]+)?)__$/, /^>>([a-z]{2,3}(?:_[A-Za-z]+)?)<<$/];
/** Fewer than this are words that happen to look so. */
const fewest = 2;

/** The languages of a multilingual model; none where it has only those it was made for. */
export function languagesOf(tokenizer: TextTokenizer): ModelLanguage[] {
  for (const pattern of languageTokens) {
    const found = tokenizer.matching(pattern);
    if (found.length >= fewest) return found.map(([token, id]) => ({ code: pattern.exec(token)![1]!, token, id }));
  }
  return [];
}

const englishNames = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** The language that is meant by `fr`, `fra_Latn`, `fr_XX` or `French`. */
export function findLanguage(languages: readonly ModelLanguage[], asked: string): ModelLanguage | undefined {
  const exact = languages.find(({ code, token }) => code === asked || token === asked);
  if (exact) return exact;
  const wanted = localeOf(asked);
  const named = asked.trim().toLowerCase();
  const fits = (code: string) => {
    const locale = localeOf(code);
    if (!locale) return false;
    if (wanted && locale.language === wanted.language) return wanted.script === undefined || locale.maximize().script === wanted.script;
    return englishNames.of(locale.language)?.toLowerCase() === named;
  };
  const found = languages.filter(({ code }) => fits(code));
  // Of several scripts the usual one of the language: zh is Hans.
  return found.find(({ code }) => localeOf(code)!.script === (wanted ?? localeOf(code)!).maximize().script) ?? found[0];
}

/** `fra_Latn` as the locale fr-Latn; undefined for what is no code. Without a region: XX is none. */
function localeOf(code: string): Intl.Locale | undefined {
  if (!/^[a-z]{2,3}([_-][a-z]{2,4})?$/i.test(code)) return undefined;
  const [language, part] = code.split(/[_-]/) as [string, string?];
  try {
    return new Intl.Locale(part?.length === 4 ? `${language}-${part}` : language);
  } catch {
    return undefined;
  }
}
