import { isWeightFile, LlmiError, matchesGlob, nearest, type ModelFormat, type ModelInfo } from '@llmi/core';
import { formatBytes } from '@llmi/core/units';
import { fileTypeLabel } from '../gguf/ggml-types.js';
import { refuseCollisions, shownPath } from '../safe-path.js';
import { chooseGgufDefault, ggufWeightSets, isGgufCompanion } from './choose-gguf.js';
import { chooseOnnxDefault, onnxSets } from './choose-onnx.js';
import { chooseSafetensorsDefault, plainSafetensorsLabel, safetensorsSets } from './choose-safetensors.js';
import { isCompanion } from './companions.js';
import { asOption, roughMemoryBytes, type FileChoice, type RankedChoice, type WeightSet } from './file-choice.js';
import { ggufLabel } from './gguf-label.js';

export interface ChooseOptions {
  /** Formats that the handler reads, best first. None: it reads files of its own kind, and gets them all. */
  formats: ModelFormat[];
  /** Name of a quantization or dtype; letters compared without case. */
  quantization?: string;
  /** Pattern over the weights' paths or file names, `*` for any characters. */
  file?: string;
  /** Free memory: the best that fits is chosen. */
  memoryBytes?: number;
}

const pickle = /\.(bin|pt|pth|ckpt|pkl|pickle|joblib|npy|npz|h5|msgpack)$/i;

/** Names that people use for the same thing, in capitals. */
const synonyms: Record<string, string[]> = {
  FP16: ['F16'], F16: ['FP16'], FP32: ['F32', 'DEFAULT'], F32: ['FP32'], BF16: ['DEFAULT'],
  INT8: ['Q8', 'UINT8'], QUANTIZED: ['Q8'], Q8: ['INT8', 'Q8_0'], INT4: ['Q4'], Q4: ['Q4_K_M', 'Q4_0'],
};

/**
 * Chooses the files to fetch and load: one quantization with all its parts, and what belongs to it.
 * @throws {LlmiError} FILE_CHOICE_EMPTY with what there is as hint; MODEL_FILE_REFUSED where there are only pickles, or names that
 * collide; MODEL_FORMAT_UNSUPPORTED; MODEL_FILE_MISSING for parts that the repository lacks
 */
export function chooseFiles(info: ModelInfo, options: ChooseOptions): FileChoice {
  if (options.formats.length === 0) return everything(info);
  const formats = options.formats.filter((format) => info.formats.includes(format));
  if (formats.length === 0) throw noFormat(info, options.formats);
  const candidates = formats.map((format) => ({ format, sets: narrowed(setsOf(info, format), options.file) }));
  for (const { format, sets } of candidates) {
    const chosen = choose(format, sets, options);
    if (chosen) return finished(info, format, chosen, sets, options);
  }
  throw nothingFits(info, candidates.flatMap(({ sets }) => sets), options);
}

/** For a handler with a format of its own: every file that can do no harm. */
function everything(info: ModelInfo): FileChoice {
  const files = info.files.filter(({ path }) => !pickle.test(path));
  if (files.length === 0) throw noFormat(info, []);
  refuseCollisions(files.map(({ path }) => path));
  return {
    format: undefined,
    quantization: undefined,
    files: files.map(({ path }) => path),
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    reason: 'The handler has a format of its own: all files are chosen.',
    alternatives: [],
  };
}

function setsOf(info: ModelInfo, format: ModelFormat): WeightSet[] {
  switch (format) {
    case 'gguf': {
      const sets = ggufWeightSets(info.files);
      const [only, second] = sets;
      if (!only || second || ggufLabel(only.files[0]!.path) !== undefined) return sets;
      return [{ ...only, label: fileTypeLabel(info.gguf?.metadata['general.file_type']) ?? only.label }]; // the name does not tell, the header does
    }
    case 'onnx':
      return onnxSets(info);
    case 'safetensors':
      return safetensorsSets(info.files).map((set) => (set.label === 'default' ? { ...set, label: plainSafetensorsLabel(info.safetensors?.bytesByType) } : set));
  }
}

/** Sets with a weight file that the pattern fits. */
function narrowed(sets: WeightSet[], pattern: string | undefined): WeightSet[] {
  if (pattern === undefined) return sets;
  const fits = (path: string) => matchesGlob(pattern, path) || matchesGlob(pattern, path.slice(path.lastIndexOf('/') + 1));
  return sets.filter((set) => set.files.some(({ path }) => fits(path)));
}

function choose(format: ModelFormat, sets: WeightSet[], { quantization, file, memoryBytes }: ChooseOptions): RankedChoice | undefined {
  if (sets.length === 0) return undefined;
  if (quantization !== undefined) {
    const asked = quantization.toUpperCase();
    const names = [asked, ...(synonyms[asked] ?? [])];
    const found = names.map((name) => sets.find(({ label }) => label.toUpperCase() === name)).find((set) => set !== undefined);
    return found && { set: found, reason: 'it was asked for' };
  }
  const complete = sets.filter(({ missing }) => missing === 0);
  const byFormat = { gguf: chooseGgufDefault, onnx: chooseOnnxDefault, safetensors: chooseSafetensorsDefault };
  const choice = byFormat[format](complete.length > 0 ? complete : sets, memoryBytes);
  return file === undefined ? choice : { ...choice, reason: `it fits "${file}", and ${choice.reason}` };
}

function finished(info: ModelInfo, format: ModelFormat, { set, reason }: RankedChoice, sets: WeightSet[], { memoryBytes }: ChooseOptions): FileChoice {
  if (set.missing > 0) {
    throw new LlmiError('MODEL_FILE_MISSING', {
      message: `${info.id} lacks ${set.missing} part${set.missing === 1 ? '' : 's'} of ${set.label}.`,
      hint: `Choose another one: ${listed(sets.filter((other) => other !== set))}.`,
    });
  }
  const weights = new Set(set.files.map(({ path }) => path));
  const beside = info.files.filter((file) => !weights.has(file.path) && (format === 'gguf' ? isGgufCompanion(file.path) : isCompanion(file)));
  const files = [...set.files, ...beside].sort((left, right) => (left.path < right.path ? -1 : 1));
  refuseCollisions(files.map(({ path }) => path));
  const tight = memoryBytes !== undefined && roughMemoryBytes(set.sizeBytes) > memoryBytes && !reason.startsWith('none fits');
  return {
    format,
    quantization: set.label,
    files: files.map(({ path }) => path),
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    reason: `${set.label} is chosen because ${reason}${tight ? '; it may not fit into the free memory' : ''}.`,
    alternatives: sets.filter((other) => other !== set).sort((left, right) => left.sizeBytes - right.sizeBytes).map(asOption),
  };
}

const listed = (sets: readonly WeightSet[]) => sets.map(({ label, sizeBytes }) => `${label} (${formatBytes(sizeBytes)})`).join(', ') || 'there is no other';

function nothingFits(info: ModelInfo, sets: WeightSet[], { quantization, file }: ChooseOptions): LlmiError {
  const near = quantization === undefined ? undefined : nearest(quantization, sets.map(({ label }) => label));
  const weights = info.files.map(({ path }) => path).filter(isWeightFile);
  const all = sets.length > 0 ? `There are: ${listed(sets)}.` : `Its weights: ${weights.slice(0, 20).join(', ')}.`;
  const asked = [quantization === undefined ? '' : ` named ${quantization}`, file === undefined ? '' : ` that "${file}" fits`].join('');
  return new LlmiError('FILE_CHOICE_EMPTY', {
    message: `${info.id} has no weights of a model${asked}.`,
    hint: near === undefined ? all : `Did you mean ${near}? ${all}`,
  });
}

/** Refuses a model that has its weights only in files that can run code. @throws {LlmiError} MODEL_FILE_REFUSED naming them */
export function refusePickles(info: ModelInfo): void {
  const pickles = info.formats.length > 0 ? [] : info.files.filter(({ path }) => pickle.test(path)).map(({ path }) => path);
  if (pickles.length === 0) return;
  const named = `${pickles.slice(0, 5).map(shownPath).join(', ')}${pickles.length > 5 ? ` and ${pickles.length - 5} more` : ''}`;
  const search = info.source === 'hub' ? ` Others may have made one: https://huggingface.co/models?other=base_model:${info.id}` : '';
  throw new LlmiError('MODEL_FILE_REFUSED', {
    message: `${info.id} has its weights only in formats that can run code when they are opened: ${named}.`,
    hint: `llmi never opens such files. Look for the model in GGUF, ONNX or safetensors format.${search}`,
  });
}

/** Why no format is there: only pickles, only formats that the handler does not read, or no weights at all. */
function noFormat(info: ModelInfo, wanted: ModelFormat[]): LlmiError {
  if (info.formats.length > 0) {
    return new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
      message: `${info.id} has ${info.formats.join(', ')} weights; its handler reads ${wanted.join(', ')}.`,
      hint: `Look for a repository of the same model in ${wanted.join(' or ').toUpperCase()} format.`,
    });
  }
  refusePickles(info);
  return new LlmiError('FILE_CHOICE_EMPTY', {
    message: `${info.id} has no weights.`,
    hint: 'A model has .gguf, .onnx or .safetensors files; check the name, or the revision.',
  });
}
