/** The characters that byte-level BPE writes bytes as. Source: https://github.com/openai/gpt-2/blob/master/src/encoder.py */
export function byteCharacters(): string[] {
  const isPrintable = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
}

/**
 * `size` tokens: the control tokens, the 256 bytes, then words of two, three and four letters with the merges that build them.
 * @throws {RangeError} when the bytes do not fit
 */
export function byteLevelVocabulary(size: number, special: readonly string[]): { tokens: string[]; merges: string[] } {
  const tokens = [...special, ...byteCharacters()];
  if (tokens.length > size) throw new RangeError(`a byte-level vocabulary has at least ${tokens.length} tokens`);
  const merges: string[] = [];
  const letters = [...'etaoinshrdlucmfwypvbgkjqxz'];
  const join = (left: string | undefined, right: string) => {
    if (left === undefined || tokens.length === size) return undefined;
    merges.push(`${left} ${right}`);
    tokens.push(left + right);
    return left + right;
  };
  const pairs = ['\u0120', ...letters].flatMap((left) => letters.map((right) => join(left, right)));
  const triples = pairs.flatMap((pair) => letters.map((letter) => join(pair, letter)));
  for (const triple of triples) for (const letter of letters) join(triple, letter);
  return { tokens, merges };
}

/** A tokenizer.json of byte-level BPE, the control tokens first; the first of them begins every text. */
export function byteLevelTokenizer(size: number, special: readonly string[]): object {
  const { tokens, merges } = byteLevelVocabulary(size, special);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: surroundedBy(special.slice(0, 1), [], special),
    decoder: { type: 'ByteLevel' },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

/** A post-processor that puts tokens before and behind every text. Ids are the places in `vocabulary`. */
export function surroundedBy(before: readonly string[], behind: readonly string[], vocabulary: readonly string[]): object {
  const piece = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const used = [...new Set([...before, ...behind])];
  return {
    type: 'TemplateProcessing',
    single: [...before.map(piece), { Sequence: { id: 'A', type_id: 0 } }, ...behind.map(piece)],
    pair: [],
    special_tokens: Object.fromEntries(used.map((id) => [id, { id, ids: [vocabulary.indexOf(id)], tokens: [id] }])),
  };
}
