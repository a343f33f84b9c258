export { checkGrammar, invalidGrammar } from './gbnf/check-grammar.js';
export { either, GrammarBuilder, literal } from './gbnf/grammar-builder.js';
export { GrammarMatcher, TokenGrammar } from './recognizer/token-grammar.js';
export { TokenTrie } from './recognizer/token-trie.js';
export { jsonGrammarText } from './schema/json-grammar.js';
export { JsonSchemaRules } from './schema/json-schema.js';
