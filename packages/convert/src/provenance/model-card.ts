import { parse } from 'yaml';
import { isObject, type JsonObject, type ModelFolder } from '../model-folder.js';
import { splitLines } from './python-text.js';

/**
 * The front matter of README.md; empty when there is none, or none that can be read.
 *
 * Source: Metadata.load_model_card of llama.cpp's gguf-py/gguf/metadata.py, which reads it as YAML 1.1
 */
export async function readModelCard(folder: ModelFolder, notes: string[]): Promise<JsonObject> {
  const [first, ...lines] = splitLines((await folder.text('README.md')) ?? '');
  if (first !== '---') return {};
  const end = lines.indexOf('---');
  const text = `${(end < 0 ? lines : lines.slice(0, end)).join('\n')}\n`;
  try {
    // `no` is Norwegian here, not false.
    const card: unknown = parse(text.replace(/- no\n/g, '- "no"\n').replace(/\t/g, '  '), { version: '1.1', maxAliasCount: 100, logLevel: 'error' });
    return isObject(card) ? card : {};
  } catch {
    notes.push('The front matter of README.md is no YAML: names, licence and tags of the model are not carried over.');
    return {};
  }
}
