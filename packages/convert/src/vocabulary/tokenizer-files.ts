import { corrupt, missing } from '../errors.js';
import { isObject, type JsonObject, type ModelFolder } from '../model-folder.js';

/** A token beside the vocabulary proper, with the flags of the tokenizer that declares it last. */
export interface AddedToken {
  id: number;
  content: string;
  special: boolean;
  normalized: boolean;
}

const specialKinds = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];

/** What transformers' tokenizer classes take for granted where tokenizer_config.json is silent. */
const classDefaults: Record<string, JsonObject> = {
  GPT2Tokenizer: { bos_token: '<|endoftext|>', eos_token: '<|endoftext|>', unk_token: '<|endoftext|>' },
  Qwen2Tokenizer: { unk_token: '<|endoftext|>', eos_token: '<|endoftext|>', pad_token: '<|endoftext|>' },
  BertTokenizer: { unk_token: '[UNK]', sep_token: '[SEP]', pad_token: '[PAD]', cls_token: '[CLS]', mask_token: '[MASK]' },
  RobertaTokenizer: { bos_token: '<s>', eos_token: '</s>', sep_token: '</s>', cls_token: '<s>', unk_token: '<unk>', pad_token: '<pad>', mask_token: '<mask>' },
};

/** The tokenizer of a model as its files describe it. */
export class TokenizerFiles {
  #vocabulary: ReadonlyMap<string, number> | undefined;

  private constructor(
    readonly json: JsonObject | undefined, // tokenizer.json
    readonly config: JsonObject | undefined, // tokenizer_config.json
    readonly specialTokensMap: JsonObject,
    private readonly plainVocabulary: Map<string, number> | undefined, // vocab.txt or vocab.json, where there is no tokenizer.json
    private readonly addedTokensJson: JsonObject,
  ) {}

  static async read(folder: ModelFolder): Promise<TokenizerFiles> {
    const json = await folder.json('tokenizer.json');
    const config = await folder.json('tokenizer_config.json');
    const special = (await folder.json('special_tokens_map.json')) ?? {};
    const plain = json ? undefined : await readPlainVocabulary(folder);
    return new TokenizerFiles(json, config, special, plain, (await folder.json('added_tokens.json')) ?? {});
  }

  get model(): JsonObject {
    const model = this.json?.['model'];
    if (!isObject(model)) throw corrupt('tokenizer.json has no model.');
    return model;
  }

  /**
   * The vocabulary proper: tokens and their ids.
   * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT
   */
  vocabulary(): ReadonlyMap<string, number> {
    this.#vocabulary ??= this.json ? modelVocabulary(this.model) : (this.plainVocabulary ?? new Map<string, number>());
    if (this.#vocabulary.size === 0) throw missing('tokenizer.json', 'The tokenizer');
    return this.#vocabulary;
  }

  /**
   * Tokens beside the vocabulary proper. tokenizer_config.json has the last word on their flags; tokens that it names as bos, eos and so
   * on are special even when nothing else lists them, and are appended when there are none such, up to `limit` tokens.
   *
   * Source: PreTrainedTokenizerFast.__init__ of transformers 4.57
   */
  addedTokens(limit = 0): AddedToken[] {
    const vocabulary = this.vocabulary();
    const tokens = new Map<string, AddedToken>();
    const own = this.json?.['added_tokens'];
    for (const entry of Array.isArray(own) ? own : []) if (isObject(entry)) addToken(tokens, entry, Number(entry['id']));
    const named = this.specialTokens();
    for (const [content, id] of Object.entries(this.addedTokensJson)) {
      if (!tokens.has(content)) addToken(tokens, { content, normalized: !named.has(content), special: named.has(content) }, Number(id));
    }
    const declared = this.config?.['added_tokens_decoder'];
    if (isObject(declared)) {
      for (const [id, entry] of Object.entries(declared)) {
        if (isObject(entry)) addToken(tokens, { ...entry, special: entry['special'] === true || named.has(String(entry['content'])) }, Number(id));
      }
    }
    for (const content of named) {
      if (tokens.has(content)) continue;
      const last = [...tokens.values()].reduce((highest, token) => Math.max(highest, token.id), vocabulary.size - 1);
      const id = vocabulary.get(content) ?? last + 1;
      // One that the model has no embedding for is a slip of the configuration.
      if (vocabulary.has(content) || id < limit) tokens.set(content, { id, content, special: true, normalized: false });
    }
    return [...tokens.values()];
  }

  /** Texts of the tokens with a role: beginning, end, padding and the like. */
  specialTokens(): Set<string> {
    const name = String(this.config?.['tokenizer_class'] ?? '').replace(/Fast$/, '');
    // special_tokens_map.json only speaks where tokenizer_config.json lists no tokens of its own.
    const map = isObject(this.config?.['added_tokens_decoder']) ? {} : this.specialTokensMap;
    const config = { ...classDefaults[name], ...this.config, ...map };
    const additional = Array.isArray(config['additional_special_tokens']) ? config['additional_special_tokens'] : [];
    const texts = [...specialKinds.map((kind) => tokenText(config[kind])), ...additional.map(tokenText)];
    return new Set(texts.filter((text) => text !== undefined));
  }
}

/** A token of tokenizer_config.json: its text, or an object with it. */
export function tokenText(entry: unknown): string | undefined {
  if (typeof entry === 'string') return entry;
  return isObject(entry) && typeof entry['content'] === 'string' ? entry['content'] : undefined;
}

function addToken(tokens: Map<string, AddedToken>, entry: JsonObject, id: number): void {
  const content = entry['content'];
  if (typeof content !== 'string' || content === '' || !Number.isInteger(id)) return;
  tokens.set(content, { id, content, special: entry['special'] === true, normalized: entry['normalized'] === true });
}

/** The vocabulary of tokenizer.json's model: an object of ids, or a list of pieces with their scores. */
function modelVocabulary(model: JsonObject): Map<string, number> {
  const { vocab } = model;
  if (Array.isArray(vocab)) return new Map(vocab.map((piece, id) => [String((piece as unknown[])[0]), id]));
  if (!isObject(vocab)) throw corrupt('tokenizer.json has no vocabulary.');
  const vocabulary = new Map<string, number>();
  for (const token in vocab) vocabulary.set(token, vocab[token] as number);
  return vocabulary;
}

async function readPlainVocabulary(folder: ModelFolder): Promise<Map<string, number> | undefined> {
  const json = await folder.json('vocab.json');
  if (json) return new Map(Object.entries(json) as [string, number][]);
  const text = await folder.text('vocab.txt');
  if (text === undefined) return undefined;
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return new Map(lines.map((line, id) => [line, id]));
}
