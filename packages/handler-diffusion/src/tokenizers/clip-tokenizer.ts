import { joinClipTokens, normalizeForClip, splitForClip } from './clip-words.js';
import { Tokenizer, type LibraryTokenizer } from './library.js';
import { corruptTokenizer, isObject, missingTokenizer, readSpecialTokens, readTokenizerJson, readTokenizerText, type SpecialTokens } from './tokenizer-files.js';

const defaultTokens = { bos_token: '<|startoftext|>', eos_token: '<|endoftext|>', unk_token: '<|endoftext|>', pad_token: '<|endoftext|>' };
/** Positions that CLIP was trained with. Where a tokenizer has no limit, transformers writes 1e30. */
const usualMaxLength = 77;
const largestMaxLength = 100_000;

interface BytePairs {
  vocab: Record<string, number>;
  merges: unknown[];
}

/** Byte pairs of CLIP: texts to token ids, without any around them. */
export class ClipTokenizer {
  readonly bosId: number;
  readonly eosId: number;
  readonly padId: number;

  private constructor(
    private readonly tokenizer: LibraryTokenizer,
    special: SpecialTokens,
    /** Tokens that the encoder takes, the one at the start and the one at the end included. */
    readonly modelMaxLength: number,
  ) {
    const idOf = (role: string) => tokenizer.token_to_id(special[role]!.content)!;
    [this.bosId, this.eosId, this.padId] = [idOf('bos_token'), idOf('eos_token'), idOf('pad_token')];
  }

  /**
   * The tokenizer of a folder with tokenizer.json, or vocab.json and merges.txt.
   * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT
   */
  static async load(folder: string): Promise<ClipTokenizer> {
    const { config, special } = await readSpecialTokens(folder, defaultTokens);
    const { vocab, merges } = await readBytePairs(folder);
    const added = new Map(Object.values(special).map((token) => [token.content, token]));
    for (const content of added.keys()) {
      if (typeof vocab[content] !== 'number') throw corruptTokenizer('vocab.json', `it has no token "${content}"`);
    }
    const file = {
      model: { type: 'BPE', vocab, merges, unk_token: special.unk_token!.content, end_of_word_suffix: '</w>' },
      added_tokens: [...added.values()].map((token) => ({ id: vocab[token.content]!, ...token, special: true, single_word: false, lstrip: false, rstrip: false })),
      ...{ normalizer: { type: 'Lowercase' }, pre_tokenizer: null, post_processor: null, decoder: null },
    };
    try {
      const tokenizer = new Tokenizer(file, {});
      tokenizer.normalizer = normalizeForClip;
      tokenizer.pre_tokenizer = splitForClip;
      const length = config.model_max_length;
      return new ClipTokenizer(tokenizer, special, typeof length === 'number' && length > 2 && length <= largestMaxLength ? length : usualMaxLength);
    } catch (cause) {
      throw corruptTokenizer('tokenizer.json', cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  encode(text: string): number[] {
    return this.tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** What the tokens stand for: in lower case, with a space after each word. */
  decode(ids: readonly number[]): string {
    return joinClipTokens(ids.map((id) => this.tokenizer.id_to_token(id) ?? ''));
  }
}

/** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT */
export const loadClipTokenizer = (folder: string): Promise<ClipTokenizer> => ClipTokenizer.load(folder);

async function readBytePairs(folder: string): Promise<BytePairs> {
  const file = await readTokenizerJson(folder, 'tokenizer.json');
  if (file) {
    const model = isObject(file.model) ? file.model : {};
    return checkBytePairs('tokenizer.json', model.vocab, model.merges);
  }
  const [vocab, merges] = [await readTokenizerJson(folder, 'vocab.json'), await readTokenizerText(folder, 'merges.txt')];
  if (!vocab) throw missingTokenizer('vocab.json');
  if (merges === undefined) throw missingTokenizer('merges.txt');
  const lines = merges.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version'));
  return checkBytePairs('vocab.json', vocab, lines);
}

function checkBytePairs(name: string, vocab: unknown, merges: unknown): BytePairs {
  if (!isObject(vocab) || !Object.values(vocab).every(Number.isInteger) || !Array.isArray(merges)) throw corruptTokenizer(name, 'it has no byte pairs');
  return { vocab: vocab as Record<string, number>, merges };
}
