import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonFile, LlmiError, type ModelInfo } from '@llmi/core';
import { OnnxSession, type OnnxLoadOptions } from '@llmi/runtime-onnx';
import { parseSchedulerConfig } from '../schedulers/parse-scheduler-config.js';
import { chooseComponentFile, componentFiles, requireDtype, type ComponentFile } from './component-files.js';
import { Graph } from './graph.js';

export interface ComponentOptions extends OnnxLoadOptions {
  /** Data type of the files, where there are several. */
  dtype?: string;
  /** `low`: parts are loaded when they are needed and freed right after. `high` (default): they stay. */
  memory?: 'low' | 'high';
  /** Other files for parts of the model, by name: paths of .onnx files. */
  replacements?: Readonly<Record<string, string>>;
}

/** The use of a loaded part; disposing of it lets the part be freed. */
export interface Lease extends AsyncDisposable {
  graph: Graph;
}

interface Loaded {
  session: Promise<OnnxSession>;
  users: number;
}

/** The parts of a diffusers repository: their configurations, and their graphs, loaded when they are first used. */
export class Components implements AsyncDisposable {
  private readonly files: readonly ComponentFile[];
  private readonly loaded = new Map<string, Loaded>();
  private readonly remembered = new Map<string, Promise<unknown>>();
  private isDisposed = false;

  /** @throws {LlmiError} FILE_CHOICE_EMPTY */
  constructor(
    readonly folder: string,
    readonly model: ModelInfo,
    private readonly options: ComponentOptions = {},
  ) {
    this.files = componentFiles(model);
    requireDtype(this.files, options.dtype);
  }

  /** `model_index.json`. */
  get index(): Record<string, unknown> {
    return jsonFile(this.model, 'model_index.json') ?? {};
  }

  /** The configuration of a part; empty where it has none, as in old exports. */
  config(name: string, file = 'config.json'): Record<string, unknown> {
    return jsonFile(this.model, `${name}/${file}`) ?? {};
  }

  /** Whether parts stay in memory between uses. */
  get keepsParts(): boolean {
    return this.options.memory !== 'low';
  }

  /** Where the files of a part lie. */
  folderOf(name: string): string {
    return join(this.folder, name);
  }

  /** What `make` makes, made once. */
  remember<Value>(key: string, make: () => Promise<Value>): Promise<Value> {
    const made = (this.remembered.get(key) as Promise<Value> | undefined) ?? make();
    this.remembered.set(key, made);
    made.catch(() => this.remembered.delete(key));
    return made;
  }

  /** Files of all parts, by name. */
  get paths(): Record<string, string> {
    const names = [...new Set(this.files.map(({ component }) => component))];
    return { ...Object.fromEntries(names.map((name) => [name, join(this.folder, this.fileOf(name)!.path)])), ...this.options.replacements };
  }

  has(name: string): boolean {
    return this.options.replacements?.[name] !== undefined || this.fileOf(name) !== undefined;
  }

  /** Data type of the file that a part is loaded from. */
  dtypeOf(name: string): string | undefined {
    return this.fileOf(name)?.dtype;
  }

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT */
  async schedulerConfig(name = 'scheduler'): Promise<Record<string, unknown>> {
    const text = await readFile(join(this.folder, name, 'scheduler_config.json'), 'utf8').catch((cause: unknown) => {
      throw new LlmiError('MODEL_FILE_MISSING', { message: `The model file ${name}/scheduler_config.json is missing.`, hint: 'Install the model again.', cause });
    });
    return parseSchedulerConfig(text);
  }

  /**
   * A part to run, loaded if it is not.
   * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_DISPOSED, and what `OnnxSession.load` throws
   */
  async lease(name: string, signal?: AbortSignal): Promise<Lease> {
    signal?.throwIfAborted();
    const entry = this.enter(name);
    try {
      const session = await entry.session;
      signal?.throwIfAborted();
      return { graph: new Graph(name, session), [Symbol.asyncDispose]: () => this.leave(name, entry) };
    } catch (error) {
      await this.leave(name, entry);
      throw error;
    }
  }

  /** Loads parts that will stay. Does nothing where memory is short. */
  async preload(names: readonly string[], signal?: AbortSignal): Promise<void> {
    if (!this.keepsParts) return;
    for (const name of names) await (await this.lease(name, signal))[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
    const entries = [...this.loaded.values()];
    this.loaded.clear();
    await Promise.all(entries.map(dispose));
  }

  private fileOf(name: string): ComponentFile | undefined {
    return chooseComponentFile(this.files, name, this.options.dtype);
  }

  private enter(name: string): Loaded {
    if (this.isDisposed) throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
    const entry = this.loaded.get(name) ?? { session: this.load(name), users: 0 };
    entry.users++;
    this.loaded.set(name, entry);
    return entry;
  }

  private async leave(name: string, entry: Loaded): Promise<void> {
    entry.users--;
    const failed = await entry.session.then(() => false, () => true);
    if (entry.users > 0 || (this.keepsParts && !failed)) return;
    if (this.loaded.get(name) === entry) this.loaded.delete(name);
    await dispose(entry);
  }

  private load(name: string): Promise<OnnxSession> {
    const path = this.options.replacements?.[name] ?? this.pathOf(name);
    // Loading is not cut off by one request: others may wait for the same part.
    return path instanceof LlmiError ? Promise.reject(path) : OnnxSession.load(path, { device: this.options.device, threads: this.options.threads, plansMemory: false }); // a plan doubles the peak of a UNet, and saves no time
  }

  private pathOf(name: string): string | LlmiError {
    const file = this.fileOf(name);
    return file ? join(this.folder, file.path) : missingComponent(this.model, name);
  }
}

async function dispose({ session }: Loaded): Promise<void> {
  const loaded = await session.catch(() => undefined); // whoever waited for it was told
  await loaded?.[Symbol.asyncDispose]();
}

/** A part without an ONNX graph, and what to do about it. */
export function missingComponent(model: ModelInfo, name: string): LlmiError {
  const unconverted = model.files.find(({ path }) => path.startsWith(`${name.replace(/^vae_(de|en)coder$/, 'vae')}/`) && /\.(safetensors|gguf|bin)$/.test(path));
  if (unconverted) {
    return new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
      message: `The part "${name}" of this model is not in ONNX format: there is ${unconverted.path}.`,
      hint: 'Install a repository of the same model with ONNX files, or convert it: optimum-cli export onnx --model MODEL FOLDER.',
    });
  }
  return new LlmiError('MODEL_FILE_MISSING', { message: `The model has no file ${name}/model.onnx.`, hint: 'Install the model again; if that does not help, choose another repository of it.' });
}
