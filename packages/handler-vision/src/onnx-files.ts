import { chosenFiles, LlmiError, type ModelFile, type ModelInfo } from '@llmi/core';

/** One graph of a model with its external data. */
export interface OnnxVariant {
  /** model, vision_model ... */
  stem: string;
  /** fp32, fp16, q8 ... */
  dtype: string;
  path: string;
  files: ModelFile[];
  bytes: number;
}

/** Endings of file names, and other words for the same. */
const dtypes: Record<string, string> = { float32: 'fp32', fp32: 'fp32', fp16: 'fp16', float16: 'fp16', quantized: 'q8', q8: 'q8', int8: 'int8', uint8: 'uint8', q4: 'q4', q4f16: 'q4f16', bnb4: 'bnb4' };
const ending = new RegExp(`[_-](${Object.keys(dtypes).join('|')})$`, 'i');

/** What is taken when several are there and nothing was asked for: exact before small. */
const defaultOrder = ['fp32', 'fp16', 'q8', 'int8', 'uint8'];
/** The whole model before its vision tower; the text tower sees nothing. */
const stemOrder = ['model', 'vision_model'];
const blind = /^(text_model|decoder_model|decoder_model_merged|prompt_encoder_mask_decoder)$/;

/** The graphs among the files that were chosen to run, or among all. `onnx/model_quantized.onnx` is the stem model in q8. */
export function onnxVariants(model: ModelInfo, files: readonly ModelFile[] = chosenFiles(model)): OnnxVariant[] {
  const variants = files.filter(({ path }) => /\.onnx$/i.test(path)).map((file) => variantOf(file, files));
  return variants.filter(({ stem }) => !blind.test(stem)).map((variant) => withSmallGraph(variant, variants));
}

/** The graph that sees a picture for masks, together with the small one that reads places in it. */
function withSmallGraph(variant: OnnxVariant, all: readonly OnnxVariant[]): OnnxVariant {
  const small = variant.stem === 'vision_encoder' ? all.find(({ stem, dtype }) => stem === 'prompt_encoder_mask_decoder' && dtype === variant.dtype) : undefined;
  return small ? { ...variant, files: [...variant.files, ...small.files], bytes: variant.bytes + small.bytes } : variant;
}

function variantOf(file: ModelFile, files: readonly ModelFile[]): OnnxVariant {
  const name = /([^/]+)\.onnx$/i.exec(file.path)![1]!;
  const dtype = ending.exec(name)?.[1]?.toLowerCase();
  const data = files.filter(({ path }) => path !== file.path && path.startsWith(file.path) && /^[._]data/.test(path.slice(file.path.length)));
  const all = [file, ...data];
  return { stem: name.replace(ending, ''), dtype: dtype === undefined ? 'fp32' : dtypes[dtype]!, path: file.path, files: all, bytes: all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

/**
 * The graph to load: the whole model, in the asked-for dtype, else the most exact.
 * @throws {LlmiError} MODEL_FILE_MISSING when there is none, FILE_CHOICE_EMPTY when none has the dtype
 */
export function chooseOnnx(model: ModelInfo, asked?: string): OnnxVariant {
  const variants = onnxVariants(model);
  if (variants.length === 0) {
    throw new LlmiError('MODEL_FILE_MISSING', { message: 'This model has no .onnx file.', hint: 'Install a repository of it with ONNX files, or export it: optimum-cli export onnx.' });
  }
  const wanted = asked === undefined ? undefined : (dtypes[asked.toLowerCase()] ?? asked.toLowerCase());
  const fitting = variants.filter(({ dtype }) => wanted === undefined || dtype === wanted);
  if (fitting.length === 0) {
    throw new LlmiError('FILE_CHOICE_EMPTY', { message: `This model has no ONNX file of type "${asked}".`, hint: `Use one of: ${[...new Set(variants.map(({ dtype }) => dtype))].join(', ')}.` });
  }
  const place = (list: string[], value: string) => (list.includes(value) ? list.indexOf(value) : list.length);
  const rank = ({ stem, dtype, path }: OnnxVariant) => [place(stemOrder, stem), place(defaultOrder, dtype), path.length];
  return fitting.sort((left, right) => compare(rank(left), rank(right)))[0]!;
}

/**
 * Another graph of a model, beside one that was chosen: of the same data type where there is one.
 * @throws {LlmiError} MODEL_FILE_MISSING
 */
export function companionOf({ dtype }: OnnxVariant, model: ModelInfo, stem: string): OnnxVariant {
  const files = chosenFiles(model);
  const found = files.filter(({ path }) => /\.onnx$/i.test(path)).map((file) => variantOf(file, files)).filter((variant) => variant.stem === stem);
  const [same] = [...found.filter((variant) => variant.dtype === dtype), ...found];
  if (same) return same;
  throw new LlmiError('MODEL_FILE_MISSING', { message: `The model file ${stem}.onnx is missing.`, hint: 'A model of this kind is made of several graphs: install it again.' });
}

function compare(left: number[], right: number[]): number {
  const at = left.findIndex((value, index) => value !== right[index]);
  return at < 0 ? 0 : left[at]! - right[at]!;
}
