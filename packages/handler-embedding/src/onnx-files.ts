import { chosenFiles, LlmiError, type ModelFile, type ModelInfo } from '@llmi/core';

/** One .onnx file of a model with its external data. */
export interface OnnxVariant {
  /** fp32, fp16, q8, int8, q4 ... */
  dtype: string;
  path: string;
  files: ModelFile[];
  bytes: number;
}

/** Names of the same thing in file names and options. */
const aliases: Record<string, string> = { '': 'fp32', float32: 'fp32', float16: 'fp16', quantized: 'q8' };

/** What is taken when several are there and nothing was asked for: exact before small. */
const defaultOrder = ['fp32', 'fp16', 'q8', 'int8', 'uint8'];

/** The .onnx files among the files that were chosen to run, or among all. `model_quantized.onnx` is q8, `model.onnx` fp32. */
export function onnxVariants(model: ModelInfo, files: readonly ModelFile[] = chosenFiles(model)): OnnxVariant[] {
  return files
    .filter((file) => /\.onnx$/i.test(file.path))
    .map((file) => {
      const data = files.filter(({ path }) => path !== file.path && path.startsWith(file.path) && /^[._]data/.test(path.slice(file.path.length)));
      const all = [file, ...data];
      return { dtype: dtypeOf(file.path), path: file.path, files: all, bytes: all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
    });
}

/** `onnx/model_q4f16.onnx` to q4f16, `text_model_int8.onnx` to int8; for another name than model, the name itself. */
function dtypeOf(path: string): string {
  const name = /([^/]+)\.onnx$/i.exec(path)![1]!.toLowerCase();
  return canonical(name.replace(/^((text|vision)_)?model([_-]|$)/, ''));
}

function canonical(dtype: string): string {
  const name = dtype.toLowerCase();
  return aliases[name] ?? name;
}

/**
 * The file to load: the one of the asked-for dtype, else the only one, else the most exact.
 * @throws {LlmiError} MODEL_FILE_MISSING when there is none, FILE_CHOICE_EMPTY when none has the dtype
 */
export function chooseOnnx(model: ModelInfo, asked?: string, variants: readonly OnnxVariant[] = onnxVariants(model)): OnnxVariant {
  if (variants.length === 0) {
    throw new LlmiError('MODEL_FILE_MISSING', {
      message: 'This model has no .onnx file.',
      hint: 'Install a repository of it with ONNX files, or export it: optimum-cli export onnx --task feature-extraction.',
    });
  }
  if (asked === undefined) {
    const rank = ({ dtype }: OnnxVariant) => (defaultOrder.includes(dtype) ? defaultOrder.indexOf(dtype) : defaultOrder.length);
    return [...variants].sort((left, right) => rank(left) - rank(right) || left.path.length - right.path.length)[0]!;
  }
  const wanted = canonical(asked);
  const found = variants.find(({ dtype }) => dtype === wanted) ?? (isEightBit(wanted) ? eightBitVariant(variants) : undefined);
  if (found) return found;
  throw new LlmiError('FILE_CHOICE_EMPTY', {
    message: `This model has no ONNX file of type "${asked}".`,
    hint: `Use one of: ${variants.map(({ dtype }) => dtype).join(', ')}.`,
  });
}

/** True for q8 and int8, and for names such as qint8_arm64 and quint8_avx2. */
export function isEightBit(dtype: string): boolean {
  return /^(q|u?int|qu?int)8(_|$)/.test(dtype);
}

/** The eight-bit file made for this processor, or any: all of them run on all processors. */
function eightBitVariant(variants: readonly OnnxVariant[]): OnnxVariant | undefined {
  const eightBit = variants.filter(({ dtype }) => isEightBit(dtype));
  const suited = process.arch === 'arm64' ? 'arm64' : 'avx2';
  return eightBit.find(({ dtype }) => dtype.endsWith(suited)) ?? eightBit[0];
}
