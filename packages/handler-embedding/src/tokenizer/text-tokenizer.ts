import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';
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

/** Tokens that the tokenizer puts around every text. */
interface Frame {
  before: number[];
  after: number[];
  typesBefore: number[];
  typesAfter: number[];
  contentType: number;
}

interface TokenizerJson {
  normalizer: NormalizerConfig | null;
  added_tokens?: { id: number; content: string; special?: boolean }[];
  padding?: { pad_id?: number } | null;
}

/** Tokenizer classes that set their BERT normalizer anew from tokenizer_config.json, whatever tokenizer.json says. */
const bertTokenizers = /^(Bert|DistilBert|Electra|MobileBert|ConvBert|SqueezeBert|Lxmert|MPNet|LayoutLM|RetriBert|Realm)Tokenizer(Fast)?$/;

/** Any text that no tokenizer drops or takes for a special token. */
const probe = 'a';

/** Texts to token ids, cut at a length as Python does: the special tokens at the end are kept. */
export class TextTokenizer {
  /** By prompt and room for it: a model has few prompts. */
  readonly #promptLengths = new Map<string, number>();

  private constructor(
    private readonly tokenizer: LibraryTokenizer,
    private readonly frame: Frame,
    private readonly specialIds: ReadonlySet<number>,
    private readonly cutAtStart: boolean,
    /** Fills a batch up to its longest text. */
    readonly padId: number,
  ) {}

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FORMAT_UNSUPPORTED */
  static async load(folder: string, { lowercase, padTokenId }: { lowercase: boolean; padTokenId?: number }): Promise<TextTokenizer> {
    const file = (await readJson(join(folder, 'tokenizer.json'))) as TokenizerJson | undefined;
    if (!file) {
      throw new LlmiError('MODEL_FILE_MISSING', {
        message: 'The model file tokenizer.json is missing.',
        hint: 'Install the model again. A repository that has only vocab.txt or spiece.model needs tokenizer.json: save its tokenizer with transformers.',
      });
    }
    const config = ((await readJson(join(folder, 'tokenizer_config.json'))) ?? {}) as Record<string, unknown>;
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
    const content = this.tokenizer.encode(prompt + text, { add_special_tokens: false }).ids;
    const room = Math.max(0, maxTokens - before.length - after.length);
    const kept = content.length <= room ? content : this.cutAtStart ? content.slice(content.length - room) : content.slice(0, room);
    return {
      ids: [...before, ...kept, ...after],
      typeIds: [...typesBefore, ...kept.map(() => contentType), ...typesAfter],
      promptTokens: prompt === '' ? 0 : this.#promptLength(prompt, room),
      fullLength: before.length + content.length + after.length,
    };
  }

  /** Tokens of a prompt alone, without the special token at its end. Source: `_get_prompt_length` of sentence-transformers. */
  #promptLength(prompt: string, room: number): number {
    const key = `${room} ${prompt}`;
    let length = this.#promptLengths.get(key);
    if (length === undefined) {
      const { before, after } = this.frame;
      const ids = [...before, ...this.tokenizer.encode(prompt, { add_special_tokens: false }).ids.slice(0, room), ...after];
      length = this.specialIds.has(ids.at(-1)!) ? ids.length - 1 : ids.length;
      this.#promptLengths.set(key, length);
    }
    return length;
  }
}

/** Splits what the tokenizer makes of a probe with special tokens at what it makes of it without them. */
function findFrame(tokenizer: LibraryTokenizer): Frame {
  const content = tokenizer.encode(probe, { add_special_tokens: false }).ids;
  const { ids, token_type_ids } = tokenizer.encode(probe, { return_token_type_ids: true });
  const types = token_type_ids ?? ids.map(() => 0);
  for (let start = 0; start + content.length <= ids.length; start++) {
    const end = start + content.length;
    if (!content.every((id, index) => ids[start + index] === id)) continue;
    return {
      before: ids.slice(0, start),
      after: ids.slice(end),
      typesBefore: types.slice(0, start),
      typesAfter: types.slice(end),
      contentType: types[start] ?? 0,
    };
  }
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: 'The tokenizer of this model changes a text when it adds special tokens, which llmi cannot follow.',
    hint: 'Report the model, so that it can be supported.',
  });
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
