import { jsonFile, LlmiError, type ModelInfo } from '@llmi/core';
import { readJsonFile } from '../model-files.js';
import type { Word } from '../whisper/words.js';

/** A word with the frames that it spans. */
interface FramedWord {
  word: string;
  from: number;
  to: number;
}

/** The characters of a model that gives one for each frame, or none. */
export class CtcVocabulary {
  private constructor(
    private readonly tokens: readonly string[],
    private readonly blank: string,
    private readonly delimiter: string,
    private readonly lowercase: boolean,
    private readonly tidies: boolean,
  ) {}

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FORMAT_UNSUPPORTED */
  static async load(folder: string, model: ModelInfo): Promise<CtcVocabulary> {
    const config = await orNothing(readJsonFile(folder, 'tokenizer_config.json'));
    const own = await orNothing(readJsonFile(folder, 'vocab.json'));
    const file = await orNothing(readJsonFile(folder, 'tokenizer.json'));
    const given = own ?? (file?.model as { vocab?: Record<string, unknown> } | undefined)?.vocab;
    if (!given) throw new LlmiError('MODEL_FILE_MISSING', { message: 'The model file vocab.json is missing.', hint: 'Install the model again.' });
    const added = (file?.added_tokens ?? []) as { id: number; content: string }[];
    const entries = [...Object.entries(given), ...added.map(({ content, id }) => [content, id] as const)];
    if (entries.some(([, id]) => typeof id !== 'number')) {
      throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: 'This model has a vocabulary for each of many languages, with an adapter for each.', hint: 'Use an export of it for one language.' });
    }
    const tokens: string[] = [];
    for (const [token, id] of entries) tokens[id as number] = token;
    const blankId = jsonFile(model, 'config.json')?.pad_token_id;
    const blank = contentOf(config?.pad_token) ?? (typeof blankId === 'number' ? tokens[blankId] : undefined) ?? '<pad>';
    return new CtcVocabulary(tokens, blank, contentOf(config?.word_delimiter_token) ?? '|', config?.do_lower_case === true, config?.clean_up_tokenization_spaces === true);
  }

  /**
   * Text of the likeliest token of each frame: repetitions are one, blanks none. Source: Wav2Vec2CTCTokenizer of transformers 4.57
   */
  decode(frames: readonly number[]): { text: string; words: FramedWord[] } {
    const characters: { character: string; from: number; to: number }[] = [];
    for (let from = 0; from < frames.length; ) {
      let to = from + 1;
      while (frames[to] === frames[from]) to++;
      const token = this.tokens[frames[from]!] ?? '';
      if (token !== this.blank) characters.push({ character: token === this.delimiter ? ' ' : this.lowercase ? token.toLowerCase() : token, from, to });
      from = to;
    }
    const words: FramedWord[] = [];
    let open = false;
    for (const { character, from, to } of characters) {
      const last = words.at(-1);
      if (character === ' ') open = false;
      else if (open && last) Object.assign(last, { word: last.word + character, to });
      else {
        words.push({ word: character, from, to });
        open = true;
      }
    }
    const text = characters.map(({ character }) => character).join('').trim();
    return { text: this.tidies ? tidy(text) : text, words };
  }
}

async function orNothing<Value>(file: Promise<Value>): Promise<Value | undefined> {
  return file.catch((error: unknown) => {
    if (LlmiError.is(error) && error.code === 'MODEL_FILE_MISSING') return undefined;
    throw error;
  });
}

/** A token of tokenizer_config.json is a text, or an object with one. */
function contentOf(token: unknown): string | undefined {
  const content = typeof token === 'object' && token !== null ? (token as { content?: unknown }).content : token;
  return typeof content === 'string' ? content : undefined;
}

/** Spaces before punctuation and within contractions. Source: `clean_up_tokenization` of transformers 4.57 */
function tidy(text: string): string {
  return text.replace(/ ([.?!,])/g, '$1').replace(/ ' /g, "'").replace(/ (n't|'m|'s|'ve|'re)/g, '$1');
}

/** Longest pause within a segment, and longest segment, in seconds: what a subtitle holds. */
const [longestPause, longestSegment] = [0.6, 8];

/** Words to the segments of subtitles, cut at pauses. */
export function segmentsOf(words: readonly Word[], withWords: boolean) {
  const groups: Word[][] = [];
  for (const word of words) {
    const group = groups.at(-1);
    if (group && word.start - group.at(-1)!.end <= longestPause && word.end - group[0]!.start <= longestSegment) group.push(word);
    else groups.push([word]);
  }
  return groups.map((group) => ({ start: group[0]!.start, end: group.at(-1)!.end, text: group.map(({ word }) => word).join(' '), ...(withWords ? { words: group } : {}) }));
}
