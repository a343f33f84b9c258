import { chosenFiles, LlmiError, type ModelFile, type ModelInfo } from '@llmi/core';

/** Ready-to-run weights of one part of a model. */
export interface ComponentFile {
  /** unet, vae_decoder ... */
  component: string;
  /** fp32, fp16, q8 ... as the name of the file says. */
  dtype: string;
  path: string;
  /** With the external data beside it. */
  bytes: number;
}

/** Endings of file names, and other words for the same. */
const dtypes: Record<string, string> = { float32: 'fp32', fp32: 'fp32', fp16: 'fp16', float16: 'fp16', quantized: 'q8', q8: 'q8', int8: 'int8', uint8: 'uint8', q4: 'q4', q4f16: 'q4f16', bnb4: 'bnb4' };
const dtypeEnding = new RegExp(`[_.-](${Object.keys(dtypes).join('|')})$`, 'i');

/** `unet/model.onnx`, `unet/onnx/model.onnx`, `onnx/unet/model_fp16.onnx` */
const componentPath = /^(?:onnx\/)?([^/]+)\/(?:onnx\/)?([^/]+)\.onnx$/i;

/** What is taken when several are there and nothing was asked for: exact before small. */
const defaultOrder = ['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4f16', 'q4', 'bnb4'];

/** Every ONNX graph of a diffusers repository, by the folder it lies in. */
export function componentFiles(model: ModelInfo, files: readonly ModelFile[] = chosenFiles(model)): ComponentFile[] {
  return files.flatMap((file) => {
    const [, component, name] = componentPath.exec(file.path) ?? [];
    if (component === undefined || name === undefined) return [];
    const dtype = dtypeEnding.exec(name)?.[1]?.toLowerCase();
    const data = files.filter(({ path }) => path.startsWith(file.path) && /^[._]data/.test(path.slice(file.path.length)));
    return [{ component, dtype: dtype === undefined ? 'fp32' : dtypes[dtype]!, path: file.path, bytes: file.sizeBytes + data.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }];
  });
}

/**
 * The file of a component: in the dtype that was asked for where it has that, else the most exact; undefined where the model has no such
 * component. Repositories often keep the VAE in float32 beside a smaller denoiser.
 */
export function chooseComponentFile(files: readonly ComponentFile[], component: string, asked?: string): ComponentFile | undefined {
  const own = files.filter((file) => file.component === component);
  const fitting = own.filter(({ dtype }) => dtype === dtypeNamed(asked));
  const rank = ({ dtype, path }: ComponentFile) => (defaultOrder.indexOf(dtype) + 1 || defaultOrder.length + 1) * 1000 + path.length;
  return (fitting.length > 0 ? fitting : own).sort((left, right) => rank(left) - rank(right))[0];
}

/** @throws {LlmiError} FILE_CHOICE_EMPTY when no file of the model has the dtype that was asked for */
export function requireDtype(files: readonly ComponentFile[], asked: string | undefined): void {
  const found = [...new Set(files.map(({ dtype }) => dtype))];
  if (asked === undefined || files.length === 0 || found.includes(dtypeNamed(asked)!)) return;
  throw new LlmiError('FILE_CHOICE_EMPTY', { message: `This model has no ONNX files of type "${asked}".`, hint: `Use one of: ${found.join(', ')}.` });
}

const dtypeNamed = (asked: string | undefined) => (asked === undefined ? undefined : (dtypes[asked.toLowerCase()] ?? asked.toLowerCase()));
