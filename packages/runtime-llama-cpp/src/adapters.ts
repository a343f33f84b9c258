import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { LlmiError } from '@llmi/core';
import { checkGguf } from './check-gguf.js';
import type { LlamaLibrary } from './llama-library.js';
import type { NativeAdapter } from './native.js';

/** An adapter to load with a model. */
export interface AdapterOption {
  path: string;
  /** Strength for requests that do not choose; 1 is as trained, 0 loads it for requests that ask for it. */
  scale?: number;
}

/** Adapters that a request runs with. Requests with the same `key` can share a batch and what is kept of their prompts. */
export interface AdapterSet {
  key: string;
  adapters: readonly NativeAdapter[];
}

/** What a request asks for: adapters by name, with their scales. */
export type AdapterChoice = readonly { name: string; scale?: number }[];

/** The adapters that a model was loaded with, by the names of their files without the extension. */
export class Adapters {
  readonly #byName: ReadonlyMap<string, NativeAdapter>;
  readonly #default: AdapterSet;

  constructor(options: readonly AdapterOption[]) {
    const entries = options.map(({ path, scale = 1 }): [string, NativeAdapter] => [adapterName(path), { filePath: path, scale }]);
    this.#byName = new Map(entries);
    if (this.#byName.size < entries.length) {
      throw new LlmiError('INPUT_INVALID', { message: 'Two adapters have the same file name.', hint: 'Rename one: requests choose adapters by name.', param: 'loras' });
    }
    this.#default = adapterSet(entries.map(([, adapter]) => adapter));
  }

  get names(): string[] {
    return [...this.#byName.keys()];
  }

  /** All of them, at the scales they were loaded with. */
  get default(): AdapterSet {
    return this.#default;
  }

  /** Exactly the adapters of a request; those of the load where it does not say. @throws {LlmiError} INPUT_INVALID */
  choose(wanted: AdapterChoice | undefined): AdapterSet {
    if (wanted === undefined) return this.#default;
    return adapterSet(
      wanted.map(({ name, scale = 1 }, index) => {
        const found = this.#byName.get(name);
        if (found && wanted.findIndex((other) => other.name === name) === index) return { filePath: found.filePath, scale };
        throw new LlmiError('INPUT_INVALID', {
          message: found ? `The adapter "${name}" is given twice.` : `This model was not loaded with an adapter "${name}".`,
          hint: this.names.length > 0 ? `It has: ${this.names.join(', ')}.` : 'Load it with the adapter first.',
          param: `loras[${index}].name`,
        });
      }),
    );
  }
}

function adapterSet(adapters: readonly NativeAdapter[]): AdapterSet {
  const effective = adapters.filter(({ scale }) => scale !== 0).sort((left, right) => (left.filePath < right.filePath ? -1 : 1));
  return { key: JSON.stringify(effective), adapters: effective };
}

function adapterName(path: string): string {
  return basename(path).replace(/\.gguf$/i, '');
}

/**
 * Looks at each adapter before llama.cpp does, whose errors do not say what is wrong.
 * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FORMAT_UNSUPPORTED, INPUT_INVALID
 */
export async function checkAdapters(options: readonly AdapterOption[], architecture: string, { readGgufFileInfo }: LlamaLibrary): Promise<void> {
  for (const { path } of options) {
    const name = basename(path);
    const found = await stat(path).catch(() => undefined);
    if (!found) throw new LlmiError('MODEL_FILE_MISSING', { message: `The adapter ${name} is missing.`, hint: 'Give the path of its .gguf file.' });
    if (!found.isFile() || !/\.gguf$/i.test(path)) {
      throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The adapter ${name} is not a GGUF file.`, hint: 'Convert a PEFT adapter first: llmi convert.' });
    }
    await checkGguf(path, found.size);
    const { metadata } = await readGgufFileInfo(path, { sourceType: 'filesystem', readTensorInfo: false });
    const general = metadata.general as { type?: string; architecture?: string };
    if (general.type !== 'adapter') throw new LlmiError('INPUT_INVALID', { message: `${name} is a model, not an adapter.`, hint: 'Give a LoRA adapter in GGUF format.', param: 'loras' });
    if (general.architecture !== architecture) {
      throw new LlmiError('INPUT_INVALID', {
        message: `The adapter ${name} is for the architecture "${general.architecture}", this model is "${architecture}".`,
        hint: 'Use it with the model it was trained on.',
        param: 'loras',
      });
    }
  }
}
