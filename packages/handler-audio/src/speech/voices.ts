import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LlmiError, type ModelInfo } from '@llmi/core';

/** Voices of a model that are files of its folder, by name. */
export class VoiceFiles {
  readonly #paths: ReadonlyMap<string, string>;
  readonly #loaded = new Map<string, Float32Array>();

  /** `pattern`: its first group is the name. */
  constructor(
    private readonly folder: string,
    model: ModelInfo,
    pattern: RegExp,
  ) {
    this.#paths = new Map(model.files.flatMap(({ path }) => {
      const name = pattern.exec(path)?.[1];
      return name === undefined ? [] : [[name, path] as const];
    }));
  }

  get names(): string[] {
    return [...this.#paths.keys()].sort();
  }

  /**
   * The numbers of a voice: little-endian float32.
   * @throws {LlmiError} INPUT_UNSUPPORTED for a name that there is not, MODEL_FILE_MISSING, MODEL_FILE_CORRUPT
   */
  async load(name: string): Promise<Float32Array> {
    const known = this.#loaded.get(name);
    if (known) return known;
    const path = this.#paths.get(name);
    if (path === undefined) {
      throw new LlmiError('INPUT_UNSUPPORTED', { message: `This model has no voice "${name}".`, hint: `Use one of: ${this.names.join(', ')}.`, param: 'voice' });
    }
    const bytes = await readFile(join(this.folder, path)).catch((cause: unknown) => {
      throw new LlmiError('MODEL_FILE_MISSING', { message: `The model file ${path} cannot be read.`, hint: 'Install the model again.', cause });
    });
    if (bytes.length === 0 || bytes.length % 4 !== 0) throw new LlmiError('MODEL_FILE_CORRUPT', { message: `The model file ${path} is damaged.`, hint: 'Install the model again.' });
    const voice = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    this.#loaded.set(name, voice);
    return voice;
  }
}
