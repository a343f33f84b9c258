import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LlamaEmbeddingModel } from '@llmi/runtime-llama-cpp';
import type { EncodedText } from '../tokenizer/text-tokenizer.js';
import { cutLongestFirst, TextTokenizer } from '../tokenizer/text-tokenizer.js';
import { unigramFiles } from './unigram-files.js';
import { wordPieceFiles } from './word-piece-files.js';

/** What a GGUF model needs of a tokenizer: texts, and pairs for a reranker. */
export interface GgufTokenizer {
  readonly padId: number;
  content(text: string): number[];
  encode(text: string, prompt: string, maxTokens: number): EncodedText;
  encodePair(left: number[], right: number[], maxTokens: number): EncodedText;
}

/**
 * The tokenizer of a GGUF model: tokenizer.json where the repository has it; else one made of the file's vocabulary for the kinds that
 * llama.cpp reads differently from Python (WordPiece: always lowercase, other control characters; Unigram: other spaces and ties); else
 * llama.cpp's own.
 */
export async function openGgufTokenizer(folder: string, model: LlamaEmbeddingModel): Promise<GgufTokenizer> {
  if (existsSync(join(folder, 'tokenizer.json'))) return TextTokenizer.load(folder, { lowercase: false });
  const files = wordPieceFiles(model.metadata) ?? unigramFiles(model.metadata);
  if (files) return TextTokenizer.from(files.tokenizer, files.config, { lowercase: false });
  return new LlamaTokenizer(model);
}

/** llama.cpp's tokenizer, with the special tokens that the file asks for. */
class LlamaTokenizer implements GgufTokenizer {
  readonly padId = 0; // texts are evaluated one by one

  constructor(private readonly model: LlamaEmbeddingModel) {}

  /** llama.cpp leaves out the normalization that the tokenizers of Qwen do before anything else. */
  content(text: string): number[] {
    return this.model.tokenize(/^qwen/.test(String(this.model.metadata['tokenizer.ggml.pre'])) ? text.normalize('NFC') : text);
  }

  encode(text: string, prompt: string, maxTokens: number): EncodedText {
    const { before, after } = this.model.frame;
    const content = this.content(prompt + text);
    const room = Math.max(0, maxTokens - before.length - after.length);
    const ids = [...before, ...content.slice(0, room), ...after];
    return { ids, typeIds: ids.map(() => 0), promptTokens: 0, fullLength: before.length + content.length + after.length };
  }

  encodePair(left: number[], right: number[], maxTokens: number): EncodedText {
    const { before, between, after } = this.model.frame;
    const added = before.length + between.length + after.length;
    const [leftCount, rightCount] = cutLongestFirst(left.length, right.length, Math.max(0, maxTokens - added));
    const ids = [...before, ...left.slice(0, leftCount), ...between, ...right.slice(0, rightCount), ...after];
    return { ids, typeIds: ids.map(() => 0), promptTokens: 0, fullLength: left.length + right.length + added };
  }
}
