/** `size` tokens: control tokens, the 256 bytes, then words of two, three and four letters with the merges that build them. */
export function byteLevelVocabulary(size, special) {
  const tokens = [...special, ...byteCharacters()];
  if (tokens.length > size) throw new Error(`a byte-level vocabulary has at least ${tokens.length} tokens`);
  const merges = [];
  const letters = [...'etaoinshrdlucmfwypvbgkjqxz'];
  const join = (left, right) => {
    if (tokens.length === size) return undefined;
    merges.push(`${left} ${right}`);
    tokens.push(left + right);
    return left + right;
  };
  const pairs = ['\u0120', ...letters].flatMap((left) => letters.map((right) => join(left, right)));
  const triples = pairs.flatMap((pair) => letters.map((letter) => pair && join(pair, letter)));
  for (const triple of triples) for (const letter of letters) if (triple) join(triple, letter);
  return { tokens, merges };
}

/** The metadata of such a vocabulary; the control tokens come first, the last of them ends an answer. */
export function vocabularyEntries(size, special) {
  const { tokens, merges } = byteLevelVocabulary(size, special);
  return [
    ['tokenizer.ggml.model', 'string', 'gpt2'],
    ['tokenizer.ggml.pre', 'string', 'smollm'],
    ['tokenizer.ggml.tokens', 'strings', tokens],
    ['tokenizer.ggml.token_type', 'int32s', tokens.map((_, id) => (id < special.length ? 3 : 1))], // control, normal
    ['tokenizer.ggml.merges', 'strings', merges],
    ['tokenizer.ggml.bos_token_id', 'uint32', 0],
    ['tokenizer.ggml.eos_token_id', 'uint32', special.length - 1],
    ['tokenizer.ggml.add_bos_token', 'bool', false],
  ];
}

/** The characters that byte-level BPE writes bytes as. Source: https://github.com/openai/gpt-2/blob/master/src/encoder.py */
function byteCharacters() {
  const isPrintable = (byte) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
}
