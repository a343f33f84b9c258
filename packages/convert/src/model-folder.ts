import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { LlmiError } from '@llmi/core';
import { corrupt, missing } from './errors.js';

export type JsonObject = Record<string, unknown>;

const maxTextBytes = 256 << 20; // a tokenizer.json of a large vocabulary has 20 MB

/** The folder of one model: files are read from inside it only. Nothing is kept: a tokenizer.json takes more memory than the conversion. */
export class ModelFolder {
  private constructor(
    readonly path: string,
    readonly name: string,
    readonly fileNames: readonly string[],
    private readonly roots: readonly string[],
  ) {}

  /** @throws {LlmiError} MODEL_NOT_FOUND, PERMISSION_DENIED */
  static async open(path: string): Promise<ModelFolder> {
    try {
      const real = await realpath(path);
      const names = await readdir(real);
      // In a snapshot of the hub's cache the files are links to the blobs beside it.
      const blobs = basename(dirname(real)) === 'snapshots' ? [join(dirname(dirname(real)), 'blobs')] : [];
      return new ModelFolder(real, basename(resolve(path)), names.sort(), [real, ...blobs]);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') throw new LlmiError('MODEL_NOT_FOUND', { message: `There is no folder ${path}.`, hint: 'Check the path.', cause });
      if (code === 'EACCES' || code === 'EPERM') throw new LlmiError('PERMISSION_DENIED', { message: `The folder ${path} may not be read.`, hint: 'Check its owner and mode.', cause });
      throw cause;
    }
  }

  has(name: string): boolean {
    return this.fileNames.includes(name);
  }

  /**
   * The real path of a file of the folder.
   * @throws {LlmiError} MODEL_FILE_MISSING; MODEL_FILE_REFUSED for one that lies elsewhere
   */
  async file(name: string): Promise<string> {
    const refused = new LlmiError('MODEL_FILE_REFUSED', { message: `${JSON.stringify(name)} leads out of the model's folder.`, hint: 'Put the file itself into the folder.' });
    if (isAbsolute(name) || name.split(/[\\/]/).includes('..')) throw refused;
    const real = await realpath(join(this.path, name)).catch(() => undefined);
    if (real === undefined || !(await stat(real)).isFile()) throw missing(name);
    if (!this.roots.some((root) => isInside(root, real))) throw refused;
    return real;
  }

  /** The text of a file; undefined when the folder has none of that name. */
  async text(name: string): Promise<string | undefined> {
    const bytes = await this.bytes(name);
    return bytes === undefined ? undefined : new TextDecoder('utf-8').decode(bytes);
  }

  /** The bytes of a file; undefined when there is none of that name. */
  async bytes(name: string): Promise<Uint8Array | undefined> {
    const [top] = name.split('/');
    if (!this.has(top!)) return undefined;
    const path = await this.file(name).catch((error: unknown) => {
      if (LlmiError.is(error) && error.code === 'MODEL_FILE_MISSING' && top !== name) return undefined;
      throw error;
    });
    if (path === undefined) return undefined;
    if ((await stat(path)).size > maxTextBytes) throw corrupt(`${name} has more than ${maxTextBytes >> 20} MB.`);
    return readFile(path);
  }

  /** Names of the files in a folder inside; none when there is no such folder. */
  async list(inside: string): Promise<string[]> {
    if (!this.has(inside)) return [];
    const real = await realpath(join(this.path, inside));
    if (!this.roots.some((root) => isInside(root, real)) || !(await stat(real)).isDirectory()) return [];
    return (await readdir(real)).sort();
  }

  /**
   * A JSON object of the folder; undefined when there is none of that name.
   * @throws {LlmiError} MODEL_FILE_CORRUPT
   */
  async json(name: string): Promise<JsonObject | undefined> {
    const value = await this.jsonValue(name);
    if (value === undefined || isObject(value)) return value;
    throw corrupt(`${name} is no JSON object.`);
  }

  async jsonValue(name: string): Promise<unknown> {
    const text = await this.text(name);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw corrupt(`${name} is no JSON.`, cause);
    }
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
