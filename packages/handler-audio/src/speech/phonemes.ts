import { LlmiError } from '@llmi/core';

/** What is used of the package. */
interface Phonemizer {
  phonemize(text: string, language?: string): Promise<string[]>;
}

/** The package that writes text as sounds. It is espeak-ng, whose licence is GPL-3.0, so whoever wants it installs it. */
export const phonemizerPackage = 'phonemizer';

/** Sounds that espeak writes in one way and Kokoro's training in another. Source: https://github.com/hexgrad/misaki */
const respellings: [RegExp, string][] = [
  [/ʲ/g, 'j'],
  [/r/g, 'ɹ'],
  [/x/g, 'k'],
  [/ɬ/g, 'l'],
];

/** What stays as it is between the words: it makes pauses. */
const punctuation = /(\s*[;:,.!?¡¿—…"«»“”(){}[\]]+\s*)+/g;

/**
 * Text to phonemes of the International Phonetic Alphabet.
 * @throws {LlmiError} DEPENDENCY_MISSING
 */
export async function phonemesOf(text: string, language: string): Promise<string> {
  const { phonemize } = await importPhonemizer();
  const parts: string[] = [];
  let at = 0;
  const say = async (words: string) => {
    if (words.trim() !== '') parts.push((await phonemize(words.trim(), language)).join(' '));
  };
  for (const match of text.matchAll(punctuation)) {
    await say(text.slice(at, match.index));
    parts.push(match[0]);
    at = match.index + match[0].length;
  }
  await say(text.slice(at));
  return respellings.reduce((phonemes, [pattern, written]) => phonemes.replace(pattern, written), parts.join('')).trim();
}

async function importPhonemizer(): Promise<Phonemizer> {
  try {
    return (await import(phonemizerPackage)) as Phonemizer;
  } catch (cause) {
    throw new LlmiError('DEPENDENCY_MISSING', {
      message: 'This model reads phonemes, and what writes text as phonemes is not installed.',
      hint: 'npm install phonemizer (espeak-ng, GPL-3.0), or give phonemes yourself, with mode "phonemes".',
      cause,
    });
  }
}
