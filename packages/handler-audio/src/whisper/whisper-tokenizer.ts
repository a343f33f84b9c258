import { LlmiError } from '@llmi/core';
import { readJsonFile } from '../model-files.js';
import { bytesOfToken } from '../tokenizer/byte-level.js';
import { openTokenizer, type LibraryTokenizer } from '../tokenizer/library.js';

const timestamp = /^<\|\d+\.\d+\|>$/;

/** Tokens of Whisper to text, and text to tokens. */
export class WhisperTokenizer {
  private constructor(
    private readonly library: LibraryTokenizer,
    private readonly bytes: ReadonlyMap<number, Uint8Array>,
    /** Tokens that are no text, by name: `<|en|>`, `<|transcribe|>` ... */
    readonly special: ReadonlyMap<string, number>,
  ) {}

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT */
  static async load(folder: string): Promise<WhisperTokenizer> {
    const file = await readJsonFile(folder, 'tokenizer.json');
    const config = await readJsonFile(folder, 'tokenizer_config.json').catch((error: unknown) => {
      if (LlmiError.is(error) && error.code === 'MODEL_FILE_MISSING') return {};
      throw error;
    });
    const added = (file.added_tokens ?? []) as { id: number; content: string; special?: boolean }[];
    const special = new Map(added.filter(({ content, special: isSpecial }) => isSpecial || timestamp.test(content)).map(({ id, content }) => [content, id]));
    const silent = new Set(special.values());
    const vocabulary = Object.entries(((file.model as { vocab?: Record<string, number> } | undefined)?.vocab ?? {}) as Record<string, number>);
    const bytes = new Map<number, Uint8Array>();
    for (const [token, id] of vocabulary) if (!silent.has(id)) bytes.set(id, bytesOfToken(token));
    for (const { content, id } of added) if (!silent.has(id)) bytes.set(id, new TextEncoder().encode(content));
    return new WhisperTokenizer(openTokenizer(file, config), bytes, special);
  }

  /** Text as the model sees it before what it hears. */
  encode(text: string): number[] {
    return this.library.encode(text, { add_special_tokens: false }).ids;
  }

  /** The text of tokens, those left out that are none. Bytes that are no UTF-8 become U+FFFD. */
  decode(tokens: readonly number[]): string {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.#join(tokens));
  }

  /** Decodes as tokens come: what is not a whole character yet is kept for the next time. */
  stream(): { push(tokens: readonly number[]): string; finish(): string } {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return { push: (tokens) => decoder.decode(this.#join(tokens), { stream: true }), finish: () => decoder.decode() };
  }

  #join(tokens: readonly number[]): Uint8Array {
    return Buffer.concat(tokens.flatMap((token) => this.bytes.get(token) ?? []));
  }
}
