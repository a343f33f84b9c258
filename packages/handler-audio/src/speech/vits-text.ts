import { LlmiError, type ModelInfo } from '@llmi/core';
import { readJsonFile } from '../model-files.js';

/** Text to the ids of characters, as VITS was trained on them. Source: VitsTokenizer of transformers 4.57 */
export class VitsText {
  private constructor(
    private readonly vocabulary: ReadonlyMap<string, number>,
    private readonly config: { addsBlank: boolean; normalizes: boolean; unknown: number | undefined; isRomanian: boolean },
  ) {}

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FORMAT_UNSUPPORTED */
  static async load(folder: string, model: ModelInfo): Promise<VitsText> {
    const config = await readJsonFile(folder, 'tokenizer_config.json');
    const needs = config.phonemize === true ? 'sounds written by espeak' : config.is_uroman === true ? 'text in Latin letters, made by uroman' : undefined;
    if (needs) {
      throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `${model.id} does not read letters, but ${needs}.`, hint: 'Use a model that reads letters, such as facebook/mms-tts-eng.' });
    }
    const hasVocabulary = model.files.some(({ path }) => path === 'vocab.json');
    const vocabulary = hasVocabulary ? await readJsonFile(folder, 'vocab.json') : (((await readJsonFile(folder, 'tokenizer.json')).model as { vocab?: Record<string, unknown> } | undefined)?.vocab ?? {});
    const ids = new Map(Object.entries(vocabulary as Record<string, number>));
    return new VitsText(ids, { addsBlank: config.add_blank !== false, normalizes: config.normalize !== false, unknown: ids.get(String(config.unk_token)), isRomanian: config.language === 'ron' });
  }

  /** The ids of a text, a blank around each where the model wants it; empty when no character is known. */
  encode(text: string): number[] {
    const { addsBlank, normalizes, unknown } = this.config;
    const characters = [...(normalizes ? this.#normalize(text) : text)];
    const ids = characters.flatMap((character) => this.vocabulary.get(character) ?? unknown ?? []);
    return addsBlank && ids.length > 0 ? [0, ...ids.flatMap((id) => [id, 0])] : ids;
  }

  /** What the vocabulary does not have is tried in small letters, and else left out. */
  #normalize(text: string): string {
    const known = Array.from(text, (character) => (this.vocabulary.has(character) ? character : character.toLowerCase())).join('');
    const written = this.config.isRomanian ? known.replaceAll('ț', 'ţ') : known; // trained with the cedilla
    return Array.from(written).filter((character) => this.vocabulary.has(character)).join('').trim();
  }
}
