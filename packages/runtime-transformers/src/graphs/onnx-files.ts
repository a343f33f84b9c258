import { chosenFiles, LlmiError, type ModelFile, type ModelInfo } from '@llmi/core';

/** One graph of a model with its external data. */
export interface OnnxVariant {
  /** model, encoder_model, decoder_model_merged ... */
  stem: string;
  /** fp32, fp16, q8, q4 ... */
  dtype: string;
  path: string;
  files: ModelFile[];
  bytes: number;
}

/** Endings of file names, and other words for the same. */
const dtypes: Record<string, string> = { float32: 'fp32', fp32: 'fp32', fp16: 'fp16', float16: 'fp16', quantized: 'q8', q8: 'q8', q8f16: 'q8f16', int8: 'int8', uint8: 'uint8', uint8f16: 'uint8f16', q4: 'q4', q4f16: 'q4f16', bnb4: 'bnb4' };
const ending = new RegExp(`[_-](${Object.keys(dtypes).join('|')})$`, 'i');
/** What optimum names 8-bit files by: qint8_arm64, quint8_avx2 ... */
const eightBitEnding = /[_-](qu?int8(?:_[a-z0-9]+)*)$/i;

/** What is taken when several are there and nothing was asked for: exact before small. */
const defaultOrder = ['fp32', 'fp16', 'q8', 'int8', 'uint8'];

/** The graphs among the files that were chosen to run, or among those given. `onnx/encoder_model_quantized.onnx` is the stem encoder_model in q8. */
export function onnxVariants(model: ModelInfo, files: readonly ModelFile[] = chosenFiles(model)): OnnxVariant[] {
  return files.filter(({ path }) => /\.onnx$/i.test(path)).map((file) => variantOf(file, files));
}

function variantOf(file: ModelFile, files: readonly ModelFile[]): OnnxVariant {
  const name = /([^/]+)\.onnx$/i.exec(file.path)![1]!;
  const found = ending.exec(name) ?? eightBitEnding.exec(name);
  const dtype = found?.[1]?.toLowerCase();
  const data = files.filter(({ path }) => path !== file.path && path.startsWith(file.path) && /^[._]data/.test(path.slice(file.path.length)));
  const all = [file, ...data];
  return { stem: found ? name.slice(0, found.index) : name, dtype: dtype === undefined ? 'fp32' : (dtypes[dtype] ?? dtype), path: file.path, files: all, bytes: all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

/** Graphs that a model is made of, by stem; of several sets the first that is whole is taken. */
export type GraphSets = readonly (readonly string[])[];

/**
 * The graphs to load, in the asked-for dtype, else the most exact.
 * @throws {LlmiError} MODEL_FILE_MISSING when no set is whole, FILE_CHOICE_EMPTY when none has the dtype
 */
export function chooseGraphs(model: ModelInfo, sets: GraphSets, asked?: string): OnnxVariant[] {
  const variants = onnxVariants(model);
  const named = (stem: string) => variants.filter((variant) => variant.stem === stem);
  const whole = sets.filter((stems) => stems.every((stem) => named(stem).length > 0));
  if (whole.length === 0) throw missingGraphs(variants, sets[0]!);
  const wanted = asked === undefined ? undefined : (dtypes[asked.toLowerCase()] ?? asked.toLowerCase());
  const fits = ({ dtype }: OnnxVariant) => wanted === undefined || dtype === wanted;
  const fitting = whole.find((stems) => stems.every((stem) => named(stem).some(fits)));
  if (!fitting) {
    const offered = [...new Set(variants.map(({ dtype }) => dtype))];
    throw new LlmiError('FILE_CHOICE_EMPTY', { message: `This model has no ONNX files of type "${asked}".`, hint: `Use one of: ${offered.join(', ')}.` });
  }
  const place = ({ dtype }: OnnxVariant) => (defaultOrder.includes(dtype) ? defaultOrder.indexOf(dtype) : defaultOrder.length);
  return fitting.map((stem) => named(stem).filter(fits).sort((left, right) => place(left) - place(right) || left.path.length - right.path.length)[0]!);
}

function missingGraphs(variants: OnnxVariant[], stems: readonly string[]): LlmiError {
  if (variants.length === 0) {
    return new LlmiError('MODEL_FILE_MISSING', { message: 'This model has no .onnx file.', hint: 'Install a repository of it with ONNX files, or export it: optimum-cli export onnx.' });
  }
  const missing = stems.filter((stem) => !variants.some((variant) => variant.stem === stem));
  return new LlmiError('MODEL_FILE_MISSING', {
    message: `The model file ${missing.map((stem) => `${stem}.onnx`).join(' and ')} is missing.`,
    hint: `A model of this kind is made of ${stems.map((stem) => `${stem}.onnx`).join(', ')}: install it again.`,
  });
}
