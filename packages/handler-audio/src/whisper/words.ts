import { unspacedLanguages } from './languages.js';
import type { WhisperTokenizer } from './whisper-tokenizer.js';

export interface Word {
  word: string;
  /** Seconds */
  start: number;
  end: number;
}

/** Text tokens with the second that each begins and ends at. */
export interface TimedToken {
  token: number;
  start: number;
  end: number;
}

const prepended = '"\'“¡¿([{-';
const appended = '"\'.。,，!！?？:：”)]}、';
const punctuation = /^[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]*$/;

/** Puts tokens together to words, with the punctuation that belongs to them. Source: `_combine_tokens_into_words` of transformers 4.57 */
export function wordsOf(tokens: readonly TimedToken[], tokenizer: WhisperTokenizer, language: string): Word[] {
  const characters = splitOnCharacters(tokens, tokenizer);
  const words = unspacedLanguages.has(language) ? characters : joinWithoutSpaces(characters);
  return mergePunctuation(words);
}

/** The smallest groups of tokens that are whole characters. */
function splitOnCharacters(tokens: readonly TimedToken[], tokenizer: WhisperTokenizer): Word[] {
  const whole = tokenizer.decode(tokens.map(({ token }) => token));
  const words: Word[] = [];
  let group: TimedToken[] = [];
  let offset = 0; // in `whole`, of what was put together
  for (const token of tokens) {
    group.push(token);
    const word = tokenizer.decode(group.map((one) => one.token));
    const broken = word.indexOf('\ufffd');
    if (broken >= 0 && whole[offset + broken] !== '\ufffd') continue; // the rest of the character is in the next token
    words.push({ word, start: group[0]!.start, end: token.end });
    offset += word.length;
    group = [];
  }
  return words;
}

function joinWithoutSpaces(parts: readonly Word[]): Word[] {
  const words: Word[] = [];
  for (const part of parts) {
    const last = words.at(-1);
    if (!last || part.word.startsWith(' ') || punctuation.test(part.word.trim())) words.push({ ...part });
    else Object.assign(last, { word: last.word + part.word, end: part.end });
  }
  return words;
}

/** Opening marks go to the word after them, closing ones to the word before. */
function mergePunctuation(words: readonly Word[]): Word[] {
  const opened: Word[] = [];
  for (const word of [...words].reverse()) {
    const following = opened[0];
    if (following && word.word.startsWith(' ') && prepended.includes(word.word.trim())) Object.assign(following, { word: word.word + following.word, start: word.start });
    else opened.unshift({ ...word });
  }
  const merged: Word[] = [];
  for (const word of opened) {
    const before = merged.at(-1);
    if (before && !before.word.endsWith(' ') && appended.includes(word.word)) Object.assign(before, { word: before.word + word.word, end: word.end });
    else merged.push(word);
  }
  return merged;
}
