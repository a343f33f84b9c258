import { chosenFiles, LlmiError, type ModelFile, type ModelInfo } from '@llmi/core';

/** One GGUF model of a repository: a file, or the parts of a split one. */
export interface GgufVariant {
  /** F16, Q8_0, Q4_K_M ...; the file's name where it names none. */
  quantization: string;
  /** The file to load: of several parts the first. */
  path: string;
  files: ModelFile[];
  bytes: number;
}

const part = /-(\d{5})-of-\d{5}\.gguf$/i;
const quantizationName = /(?:^|[-._/])(I?Q\d[A-Z0-9_]*|B?F16|F32)(?:-\d{5}-of-\d{5})?\.gguf$/i;

/** What is taken when several are there and nothing was asked for: nearly exact at half the size, then exact, then small. */
const defaultOrder = ['Q8_0', 'F16', 'BF16', 'F32'];

/** True for a model whose weights to run are a GGUF file. */
export function isGguf(model: ModelInfo): boolean {
  const files = chosenFiles(model);
  return !files.some(({ path }) => /\.onnx$/i.test(path)) && files.some(({ path }) => /\.gguf$/i.test(path));
}

/** The GGUF models among the files that were chosen to run, or among all. */
export function ggufVariants(model: ModelInfo, files: readonly ModelFile[] = chosenFiles(model)): GgufVariant[] {
  const weights = files.filter(({ path }) => /\.gguf$/i.test(path) && !/(^|\/)mmproj/i.test(path));
  const whole = new Map<string, ModelFile[]>();
  for (const file of weights) {
    const key = file.path.replace(part, '.gguf');
    whole.set(key, [...(whole.get(key) ?? []), file]);
  }
  return [...whole].map(([key, parts]) => {
    const sorted = parts.sort((left, right) => left.path.localeCompare(right.path));
    return {
      quantization: quantizationName.exec(key)?.[1]?.toUpperCase() ?? key,
      path: sorted[0]!.path,
      files: sorted,
      bytes: sorted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    };
  });
}

/** @throws {LlmiError} MODEL_FILE_MISSING when there is none, FILE_CHOICE_EMPTY when none is quantized as asked */
export function chooseGguf(model: ModelInfo, asked?: string): GgufVariant {
  const variants = ggufVariants(model);
  if (variants.length === 0) throw new LlmiError('MODEL_FILE_MISSING', { message: 'This model has no .gguf file.', hint: 'Install the model again.' });
  if (asked !== undefined) {
    const found = variants.find(({ quantization }) => quantization === asked.toUpperCase());
    if (found) return found;
    throw new LlmiError('FILE_CHOICE_EMPTY', { message: `This model has no GGUF file of type "${asked}".`, hint: `Use one of: ${variants.map(({ quantization }) => quantization).join(', ')}.` });
  }
  const rank = ({ quantization }: GgufVariant) => (defaultOrder.indexOf(quantization) + 1 || defaultOrder.length + 1);
  return variants.sort((left, right) => rank(left) - rank(right) || left.path.localeCompare(right.path))[0]!;
}
