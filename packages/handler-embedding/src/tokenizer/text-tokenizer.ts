import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';
import { findFrame, findPairFrame, type Frame, type PairFrame } from './frame.js';
import { Tokenizer, type LibraryTokenizer } from './library.js';
import { makeNormalizer, type NormalizerConfig } from './normalizer.js';

/** One text as the encoder takes it. */
export interface EncodedText {
  ids: number[];
  typeIds: number[];
  /** Tokens at the start that belong to the prompt. */
  promptTokens: number;
  /** How long the text is uncut. */
  fullLength: number;
}

/** The fields of tokenizer.json that are looked at here; the library reads the rest. */
export interface TokenizerJson {
  normalizer: NormalizerConfig | null;
  added_tokens?: { id: number; content: string; special?: boolean }[];
  padding?: { pad_id?: number } | null;
}

interface TokenizerOptions {
  /** Lowercases first, whatever the tokenizer does by itself. */
  lowercase: boolean;
  /** Where tokenizer_config.json names no token. */
  padTokenId?: number;
}

/** Tokenizer classes that set their BERT normalizer anew from tokenizer_config.json, whatever tokenizer.json says. */
const bertTokenizers = /^(Bert|DistilBert|Electra|MobileBert|ConvBert|SqueezeBert|Lxmert|MPNet|LayoutLM|RetriBert|Realm)Tokenizer(Fast)?$/;

/** What a model's texts go through on their way to its graph. */
export interface TextEncoder {
  /** Fills a batch up to its longest text. */
  readonly padId: number;
  encode(text: string, prompt: string, maxTokens: number): EncodedText;
}

/** Texts to token ids, cut at a length as Python does: the special tokens at the end are kept. */
export class TextTokenizer implements TextEncoder {
  #pairFrame: PairFrame | undefined;
  /** By prompt and room for it: a model has few prompts. */
  readonly #promptLengths = new Map<string, number>();

  private constructor(
    private readonly tokenizer: LibraryTokenizer,
    /** The special tokens around a text. */
    readonly frame: Frame,
    private readonly specialIds: ReadonlySet<number>,
    private readonly cutAtStart: boolean,
    /** Fills a batch up to its longest text. */
    readonly padId: number,
  ) {}

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FORMAT_UNSUPPORTED */
  static async load(folder: string, options: TokenizerOptions): Promise<TextTokenizer> {
    const file = (await readJson(join(folder, 'tokenizer.json'))) as TokenizerJson | undefined;
    if (!file) {
      throw new LlmiError('MODEL_FILE_MISSING', {
        message: 'The model file tokenizer.json is missing.',
        hint: 'Install the model again. A repository that has only vocab.txt or spiece.model needs tokenizer.json: save its tokenizer with transformers.',
      });
    }
    const config = ((await readJson(join(folder, 'tokenizer_config.json'))) ?? {}) as Record<string, unknown>;
    return TextTokenizer.from(file, config, options);
  }

  /** A tokenizer of what tokenizer.json and tokenizer_config.json hold. @throws {LlmiError} MODEL_FILE_CORRUPT, MODEL_FORMAT_UNSUPPORTED */
  static from(file: TokenizerJson, config: Record<string, unknown>, { lowercase, padTokenId }: TokenizerOptions): TextTokenizer {
    try {
      const normalizer = effectiveNormalizer(file.normalizer, config, lowercase);
      // remove_space is for Python's slow tokenizers: tokenizer.json says it in its own way.
      const tokenizer = new Tokenizer({ ...file, normalizer }, { ...config, remove_space: false });
      if (normalizer) tokenizer.normalizer = makeNormalizer(normalizer);
      const special = (file.added_tokens ?? []).filter((token) => token.special).map((token) => token.id);
      const padId = tokenIdOf(tokenizer, config.pad_token) ?? padTokenId ?? file.padding?.pad_id ?? 0;
      return new TextTokenizer(tokenizer, findFrame(tokenizer), new Set(special), config.truncation_side === 'left', padId);
    } catch (cause) {
      if (LlmiError.is(cause)) throw cause;
      throw new LlmiError('MODEL_FILE_CORRUPT', {
        message: `The model file tokenizer.json cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
        hint: 'Install the model again; if that does not help, its tokenizer is of a kind that llmi does not know.',
        cause,
      });
    }
  }

  /** Tokens of `prompt` and `text` together, cut so that the special tokens around them fit into `maxTokens`. */
  encode(text: string, prompt: string, maxTokens: number): EncodedText {
    const { before, after, typesBefore, typesAfter, contentType } = this.frame;
    const content = this.content(prompt + text);
    const room = Math.max(0, maxTokens - before.length - after.length);
    const kept = content.length <= room ? content : this.cutAtStart ? content.slice(content.length - room) : content.slice(0, room);
    return {
      ids: [...before, ...kept, ...after],
      typeIds: [...typesBefore, ...kept.map(() => contentType), ...typesAfter],
      promptTokens: prompt === '' ? 0 : this.#promptLength(prompt, room),
      fullLength: before.length + content.length + after.length,
    };
  }

  /** Tokens of a text without any around it. */
  content(text: string): number[] {
    return this.tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** Two texts together, each as its {@link content}, the longer one cut first, as Python does with `longest_first`. */
  encodePair(left: number[], right: number[], maxTokens: number): EncodedText {
    const frame = (this.#pairFrame ??= findPairFrame(this.tokenizer));
    const added = frame.before.ids.length + frame.between.ids.length + frame.after.ids.length;
    const [leftCount, rightCount] = cutLongestFirst(left.length, right.length, Math.max(0, maxTokens - added));
    const cut = (ids: number[], count: number) => (this.cutAtStart ? ids.slice(ids.length - count) : ids.slice(0, count));
    const types = (count: number, type: number) => new Array<number>(count).fill(type);
    return {
      ids: [...frame.before.ids, ...cut(left, leftCount), ...frame.between.ids, ...cut(right, rightCount), ...frame.after.ids],
      typeIds: [...frame.before.types, ...types(leftCount, frame.firstType), ...frame.between.types, ...types(rightCount, frame.secondType), ...frame.after.types],
      promptTokens: 0,
      fullLength: left.length + right.length + added,
    };
  }

  /** Tokens of a prompt alone, without the special token at its end. Source: `_get_prompt_length` of sentence-transformers. */
  #promptLength(prompt: string, room: number): number {
    const key = `${room} ${prompt}`;
    let length = this.#promptLengths.get(key);
    if (length === undefined) {
      const { before, after } = this.frame;
      const ids = [...before, ...this.content(prompt).slice(0, room), ...after];
      length = this.specialIds.has(ids.at(-1)!) ? ids.length - 1 : ids.length;
      this.#promptLengths.set(key, length);
    }
    return length;
  }
}

/** How much of two texts fits into `room`. Source: truncate_encodings of huggingface/tokenizers, tokenizers/src/utils/truncation.rs */
export function cutLongestFirst(first: number, second: number, room: number): [number, number] {
  if (first + second <= room) return [first, second];
  const shorter = Math.min(first, second);
  const longer = shorter > room ? shorter : Math.max(shorter, room - shorter);
  const counts = shorter + longer > room ? [Math.floor(room / 2), Math.floor(room / 2) + (room % 2)] : [shorter, longer];
  return first > second ? [counts[1]!, counts[0]!] : [counts[0]!, counts[1]!];
}

/**
 * The normalizer as Python sets it up: BERT's from tokenizer_config.json (lowercase unless it says otherwise), and lowercasing put first
 * where sentence_bert_config.json asks for it and nothing else does it.
 */
function effectiveNormalizer(given: NormalizerConfig | null, config: Record<string, unknown>, lowercase: boolean): NormalizerConfig | null {
  let normalizer = given;
  if (given?.type === 'BertNormalizer' && bertTokenizers.test(String(config.tokenizer_class))) {
    normalizer = {
      ...given,
      lowercase: config.do_lower_case ?? true,
      strip_accents: config.strip_accents ?? null,
      handle_chinese_chars: config.tokenize_chinese_chars ?? true,
    };
  }
  if (!lowercase || JSON.stringify(normalizer).match(/"type":"Lowercase"|"lowercase":true/)) return normalizer;
  return { type: 'Sequence', normalizers: [{ type: 'Lowercase' }, ...(normalizer ? [normalizer] : [])] };
}

/** A token of tokenizer_config.json is a text, or an object with one. */
function tokenIdOf(tokenizer: LibraryTokenizer, token: unknown): number | undefined {
  const content = typeof token === 'object' && token !== null ? (token as { content?: unknown }).content : token;
  return typeof content === 'string' ? tokenizer.token_to_id(content) : undefined;
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LlmiError('MODEL_FILE_CORRUPT', {
      message: `The model file ${path.split(/[/\\]/).at(-1)} is not valid JSON.`,
      hint: 'It is damaged or incomplete: install the model again.',
      cause,
    });
  }
}
