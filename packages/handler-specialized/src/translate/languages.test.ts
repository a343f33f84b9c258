import { expect, it } from 'vitest';
import { findLanguage, type ModelLanguage } from './languages.js';

const named = (...codes: string[]): ModelLanguage[] => codes.map((code, id) => ({ code, token: code, id }));
const codeOf = (languages: ModelLanguage[], asked: string) => findLanguage(languages, asked)?.code;

it('knows a language by the code of the model, by other codes and by its name', () => {
  const nllb = named('eng_Latn', 'fra_Latn', 'zho_Hans', 'zho_Hant', 'srp_Cyrl');
  expect(['fra_Latn', 'fr', 'fra', 'French', 'french'].map((asked) => codeOf(nllb, asked))).toEqual(new Array(5).fill('fra_Latn'));
  expect(['zh', 'zh-Hant', 'Chinese', 'sr'].map((asked) => codeOf(nllb, asked))).toEqual(['zho_Hans', 'zho_Hant', 'zho_Hans', 'srp_Cyrl']);
  expect(['de', 'German', 'nonsense', ''].map((asked) => codeOf(nllb, asked))).toEqual(new Array(4).fill(undefined));
});

it('takes no region of mBART for a language', () => {
  const mbart = named('en_XX', 'de_DE', 'fr_XX');
  expect(['en', 'English', 'de', 'fr_XX'].map((asked) => codeOf(mbart, asked))).toEqual(['en_XX', 'en_XX', 'de_DE', 'fr_XX']);
});
