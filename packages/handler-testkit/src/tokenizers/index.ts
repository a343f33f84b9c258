export { byteCharacters, byteLevelTokenizer, byteLevelVocabulary } from './byte-level.js';
export { wordPieceSpecials, wordPieceTokenizer } from './word-piece.js';
