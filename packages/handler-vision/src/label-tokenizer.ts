import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as library from '@huggingface/tokenizers';
import { LlmiError } from '@llmi/core';
import type { OnnxTensor } from '@llmi/runtime-onnx';

/** What is used of the library, whose own declarations do not resolve under Node's module rules. */
interface LibraryTokenizer {
  encode(text: string): { ids: number[] };
  decode(ids: number[], options: object): string;
  token_to_id(token: string): number | undefined;
}
const { Tokenizer } = library as unknown as { Tokenizer: new (tokenizer: object, config: object) => LibraryTokenizer };

export interface LabelTokenizerOptions {
  textConfig: Record<string, unknown>;
  /** Of the text tower, where the configuration leaves it out. */
  usualPositions: number;
  /** Fills every text up to the last position, as SigLIP was trained; else up to the longest text. */
  padsToEnd: boolean;
}

/** Sentences to the token ids of a text tower. */
export class LabelTokenizer {
  private constructor(
    private readonly tokenizer: LibraryTokenizer,
    private readonly positions: number,
    private readonly padId: number,
    private readonly padsToEnd: boolean,
  ) {}

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT */
  static async load(folder: string, { textConfig, usualPositions, padsToEnd }: LabelTokenizerOptions): Promise<LabelTokenizer> {
    const file = await readJson(folder, 'tokenizer.json');
    const config = (await readJson(folder, 'tokenizer_config.json').catch(() => ({}))) as Record<string, unknown>;
    const tokenizer = openTokenizer(file as object, config);
    const given = textConfig.max_position_embeddings;
    const positions = typeof given === 'number' ? given : usualPositions;
    const pad = typeof config.pad_token === 'string' ? config.pad_token : (config.pad_token as { content?: string } | undefined)?.content;
    const named = pad === undefined ? undefined : tokenizer.token_to_id(pad);
    return new LabelTokenizer(tokenizer, positions, named ?? (typeof textConfig.pad_token_id === 'number' ? textConfig.pad_token_id : 0), padsToEnd);
  }

  /** The words that some tokens stand for. */
  decode(ids: number[]): string {
    return this.tokenizer.decode(ids, { skip_special_tokens: true });
  }

  /** `input_ids` and `attention_mask`, [texts, tokens]. A text that is too long keeps its closing token. */
  encode(texts: readonly string[]): { input_ids: OnnxTensor; attention_mask: OnnxTensor } {
    const rows = texts.map((text) => {
      const { ids } = this.tokenizer.encode(text);
      return ids.length <= this.positions ? ids : [...ids.slice(0, this.positions - 1), ids.at(-1)!];
    });
    const tokens = this.padsToEnd ? this.positions : Math.max(...rows.map((ids) => ids.length));
    const tensor = (valueAt: (ids: readonly number[], at: number) => number): OnnxTensor => ({
      dtype: 'int64',
      shape: [texts.length, tokens],
      data: BigInt64Array.from(rows.flatMap((ids) => Array.from({ length: tokens }, (_, at) => BigInt(valueAt(ids, at))))),
    });
    return { input_ids: tensor((ids, at) => ids[at] ?? this.padId), attention_mask: tensor((ids, at) => (at < ids.length ? 1 : 0)) };
  }
}

function openTokenizer(file: object, config: object): LibraryTokenizer {
  try {
    return new Tokenizer(file, config);
  } catch (cause) {
    throw new LlmiError('MODEL_FILE_CORRUPT', { message: 'The model file tokenizer.json cannot be used.', hint: 'Install the model again; if that does not help, its tokenizer is of a kind that llmi does not know.', cause });
  }
}

async function readJson(folder: string, name: string): Promise<unknown> {
  const text = await readFile(join(folder, name), 'utf8').catch((cause: unknown) => {
    throw new LlmiError('MODEL_FILE_MISSING', { message: `The model file ${name} is missing.`, hint: 'Install the model again.', cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LlmiError('MODEL_FILE_CORRUPT', { message: `The model file ${name} is not valid JSON.`, hint: 'It is damaged or incomplete: install the model again.', cause });
  }
}
