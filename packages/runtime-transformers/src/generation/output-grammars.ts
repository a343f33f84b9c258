import { TokenGrammar, type GrammarMatcher, type TokenTrie } from '@llmi/grammar';
import type { TextTokenizer } from '../tokenizer/text-tokenizer.js';
import { tokenTexts } from '../tokenizer/token-texts.js';

/** Grammars that are kept with what they know of the vocabulary: requests of one program use the same few. */
const mostKept = 16;
/** Vocabularies take some megabytes; they differ in the special tokens that a grammar names. */
const mostVocabularies = 4;

/** The grammars that answers of a model are held to, made once for each text. */
export class OutputGrammars {
  readonly #grammars = new Map<string, TokenGrammar>();
  readonly #vocabularies = new Map<string, TokenTrie>();

  constructor(
    private readonly tokenizer: TextTokenizer,
    private readonly eosTokenIds: readonly number[],
  ) {}

  /** A grammar in GBNF over the model's tokens, whose rule `start` (root) is the whole answer. @throws {LlmiError} INPUT_INVALID */
  of(text: string, start = 'root'): TokenGrammar {
    return kept(this.#grammars, `${start} ${text}`, mostKept, () => new TokenGrammar(text, this.#vocabulary(text), start));
  }

  /** Special tokens are no text: only those that the grammar names may come. */
  #vocabulary(grammar: string): TokenTrie {
    const { tokenizer } = this;
    const named = tokenizer.specialIds.filter((id) => grammar.includes(tokenizer.idToToken(id)!));
    return kept(this.#vocabularies, named.join(), mostVocabularies, () => tokenTexts(tokenizer, new Set(named), this.eosTokenIds));
  }
}

/** What a map has, or what is made for it now; the one that was not used for longest makes room. */
function kept<Value>(map: Map<string, Value>, key: string, most: number, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value!);
  return value;
}

/** How far one answer has come in each of the grammars that hold in turn. `grammar` is asked before each token. */
export class HeldAnswer {
  readonly #matchers = new Map<TokenGrammar, GrammarMatcher>();

  constructor(private readonly grammar: TokenGrammar | (() => TokenGrammar | undefined)) {}

  /** What holds for the next token; undefined where it is free. */
  get current(): GrammarMatcher | undefined {
    const grammar = typeof this.grammar === 'function' ? this.grammar() : this.grammar;
    if (!grammar) return undefined;
    let matcher = this.#matchers.get(grammar);
    if (!matcher) this.#matchers.set(grammar, (matcher = grammar.begin()));
    return matcher;
  }
}
