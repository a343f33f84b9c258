import { readdirSync, statSync, type Stats } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LlmiError } from '@llmi/core';
import { ggufLabel } from './choose/gguf-label.js';

/** What a user means by a model: a repository of the hub, a folder, or a single file. */
export type ModelReference =
  | { kind: 'hub'; id: string; quantization?: string; revision?: string }
  | { kind: 'folder'; path: string }
  | { kind: 'file'; path: string };

const hubHosts = ['huggingface.co', 'www.huggingface.co', 'hf.co'];
const modelFileName = /\.(gguf|onnx|safetensors)$/i;
const modelFolderMarks = /^(config\.json|model_index\.json|modules\.json|adapter_config\.json|onnx|.*\.(gguf|onnx|safetensors))$/i;
const forms = 'Write org/name, org/name:Q8_0, org/name@revision, a huggingface.co address, ./folder or ./file.gguf.';

/**
 * Reads what a user typed or a program passed as a model. Paths are resolved against `cwd`.
 * @throws {LlmiError} MODEL_REFERENCE_INVALID; MODEL_NOT_FOUND for a path where nothing is
 */
export function parseReference(text: string, cwd: string): ModelReference {
  const value = text.trim();
  if (value === '') throw invalid('No model is named.');
  if (value.includes('\0') || value.length > 4096) throw invalid('This is no name of a model.');
  if (value.startsWith('file://')) return pathReference(fileUrlPath(value), cwd);
  const address = /^https?:\/\//i.test(value) ? value : /^(www\.)?(huggingface\.co|hf\.co)\//i.test(value) ? `https://${value}` : undefined;
  if (address !== undefined) return addressReference(address);
  if (value.startsWith('~')) throw invalid(`"${value}" starts with "~".`, 'Write the path out; only a shell knows what "~" stands for.');
  if (isPath(value) || isModelFolder(resolve(cwd, value)) || (modelFileName.test(value) && isFile(resolve(cwd, value)))) {
    return pathReference(value, cwd);
  }
  if (modelFileName.test(value)) {
    throw new LlmiError('MODEL_NOT_FOUND', {
      message: `There is no file ${value}.`,
      hint: 'To have one file of a repository of the hub, name the repository and choose with --file.',
    });
  }
  return hubReference(value);
}

function invalid(message: string, hint = forms): LlmiError {
  return new LlmiError('MODEL_REFERENCE_INVALID', { message, hint });
}

function fileUrlPath(value: string): string {
  try {
    return fileURLToPath(value);
  } catch (cause) {
    throw new LlmiError('MODEL_REFERENCE_INVALID', { message: `"${value}" is no address of a file.`, hint: forms, cause });
  }
}

/** True for text that can only be a path: absolute, of this or of a parent folder, or with a drive letter. */
function isPath(value: string): boolean {
  return /^(\.{1,2}([/\\]|$)|\/|\\|[a-z]:[/\\])/i.test(value);
}

/** Undefined also where the system will not even look: a name too long, a folder that may not be read. */
function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isFile(path: string): boolean {
  return statusOf(path)?.isFile() ?? false;
}

function isModelFolder(path: string): boolean {
  try {
    return readdirSync(path).some((name) => modelFolderMarks.test(name));
  } catch {
    return false;
  }
}

function pathReference(value: string, cwd: string): ModelReference {
  const path = resolve(cwd, value);
  const status = statusOf(path);
  if (!status) throw new LlmiError('MODEL_NOT_FOUND', { message: `There is nothing at ${value}.`, hint: 'Check the path, or name a model of the hub as org/name.' });
  if (status.isDirectory()) return { kind: 'folder', path };
  if (!status.isFile() || !modelFileName.test(path)) {
    throw invalid(`${value} is no model file.`, 'A single file must be a .gguf, .onnx or .safetensors file; otherwise name the folder it is in.');
  }
  return { kind: 'file', path };
}

/** `https://huggingface.co/org/name/tree/main`, `.../blob/main/model-Q8_0.gguf` */
function addressReference(address: string): ModelReference {
  let url: URL;
  try {
    url = new URL(address);
  } catch (cause) {
    throw new LlmiError('MODEL_REFERENCE_INVALID', { message: `"${address}" is no web address.`, hint: forms, cause });
  }
  if (!hubHosts.includes(url.hostname.toLowerCase())) {
    throw invalid(`${url.hostname} is not the Hugging Face hub.`, 'Name the model as org/name; for a mirror, set HF_ENDPOINT.');
  }
  const parts = decodeURIComponent(url.pathname).split('/').filter((part) => part !== '');
  if (['datasets', 'spaces', 'collections', 'papers', 'docs', 'api'].includes(parts[0] ?? '')) {
    throw invalid(`"${parts[0]}" of the hub are no models.`);
  }
  const [org, name, verb, revision, ...file] = parts;
  if (name === undefined) return hubReference(org ?? '');
  const plain = hubReference(`${org}/${name}`);
  if (verb === undefined || revision === undefined || !['tree', 'blob', 'resolve', 'raw'].includes(verb) || plain.kind !== 'hub') return plain;
  const quantization = file.length > 0 && /\.gguf$/i.test(file.at(-1)!) ? ggufLabel(file.join('/')) : undefined;
  return { ...plain, revision, ...(quantization === undefined ? {} : { quantization }) };
}

/** `org/name[:QUANT][@revision]`. Rules of names: https://huggingface.co/docs/hub/repositories-settings */
function hubReference(value: string): ModelReference {
  const match = /^(?<id>[^:@]+?)(?::(?<quantization>[^:@]*))?(?:@(?<revision>[^\s]*))?$/.exec(value);
  const { id, quantization, revision } = (match?.groups ?? {}) as { id?: string; quantization?: string; revision?: string };
  const badName = id === undefined || !/^[\w.-]+(\/[\w.-]+)?$/.test(id) || id.length > 192;
  if (badName || id.split('/').some((part) => /^[.-]|[.-]$|--|\.\.|\.git$/.test(part))) {
    throw invalid(`"${value}" is neither a name of the hub nor an existing path.`);
  }
  if (quantization !== undefined && !/^[\w.-]+$/.test(quantization)) throw invalid(`"${value}" names no quantization after ":".`);
  if (revision !== undefined && (!/^[\w./-]+$/.test(revision) || revision.includes('..'))) throw invalid(`"${value}" names no revision after "@".`);
  return { kind: 'hub', id, ...(quantization === undefined ? {} : { quantization }), ...(revision === undefined ? {} : { revision }) };
}
