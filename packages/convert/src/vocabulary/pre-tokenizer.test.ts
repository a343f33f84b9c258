import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { byteLevelTokenizer, tinyFolder, type TinyFolder } from '../../test/helpers/tiny-model.js';
import { ModelFolder } from '../model-folder.js';
import { baseVocabulary } from './base-vocabulary.js';
import { preTokenizer } from './pre-tokenizer.js';
import { TokenizerFiles } from './tokenizer-files.js';

let folder: TinyFolder;
beforeEach(() => {
  folder = tinyFolder();
});
afterEach(() => folder.remove());

const files = async () => TokenizerFiles.read(await ModelFolder.open(folder.path));
const split = (Regex: string) => ({ type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false }, { type: 'ByteLevel', add_prefix_space: false, use_regex: false }] });

describe('how text is split', () => {
  it.each([
    ["(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", 'llama-bpe'],
    ["(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", 'qwen2'],
  ])('is told by the expression %#', async (expression, name) => {
    folder.write('tokenizer.json', { ...byteLevelTokenizer().tokenizer, pre_tokenizer: split(expression) });
    const notes: string[] = [];
    expect(await preTokenizer(await files(), notes)).toBe(name);
    expect(notes).toHaveLength(1);
  });

  it('is GPT-2 for a plain byte-level tokenizer, and SmolLM for one that takes digits apart', async () => {
    expect(await preTokenizer(await files(), [])).toBe('gpt-2');
    folder.write('tokenizer.json', { ...byteLevelTokenizer().tokenizer, pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, { type: 'ByteLevel', add_prefix_space: false, use_regex: true }] } });
    expect(await preTokenizer(await files(), [])).toBe('smollm');
  });
});

describe('the vocabulary', () => {
  it('tells tokens that steer from those that users see, and fills up to the size of the embeddings', async () => {
    const { tokens, kinds } = baseVocabulary(await files(), 265);
    expect(tokens.slice(256)).toEqual(['hi', '<|begin|>', '<|end|>', '<|pad|>', '<|user|>', '<|model|>', '<|tool|>', '[PAD263]', '[PAD264]']);
    expect(kinds.slice(255)).toEqual([1, 1, 3, 3, 3, 3, 3, 3, 5, 5]);
  });

  it('appends a token with a role that nothing lists, where there is room', async () => {
    folder.write('tokenizer_config.json', { pad_token: '[EXTRA]' });
    expect(baseVocabulary(await files(), 264).tokens.at(-1)).toBe('[EXTRA]');
    expect(baseVocabulary(await files(), 263).tokens).not.toContain('[EXTRA]');
  });
});
