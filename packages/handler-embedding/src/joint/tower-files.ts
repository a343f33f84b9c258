import { LlmiError, type ModelInfo } from '@llmi/core';
import { chooseOnnx, onnxVariants, type OnnxVariant } from '../onnx-files.js';

/** The graphs of a model that reads texts and looks at pictures: a file for each, or one for both. */
export interface TowerFiles {
  text?: OnnxVariant;
  vision?: OnnxVariant;
  /** Holds both towers, and compares their vectors. */
  joint?: OnnxVariant;
}

const kinds = { text: /^text_model(_|$)/i, vision: /^vision_model(_|$)/i } as const;

/**
 * The files to load: a tower for itself where there is one, else the file of both.
 * @throws {LlmiError} MODEL_FILE_MISSING, FILE_CHOICE_EMPTY
 */
export function chooseTowers(model: ModelInfo, asked?: string): TowerFiles {
  const variants = onnxVariants(model);
  const nameOf = ({ path }: OnnxVariant) => path.slice(path.lastIndexOf('/') + 1).replace(/\.onnx$/i, '');
  const of = (kind: keyof typeof kinds) => variants.filter((variant) => kinds[kind].test(nameOf(variant)));
  const [texts, visions] = [of('text'), of('vision')];
  const both = variants.filter((variant) => !texts.includes(variant) && !visions.includes(variant));
  const choose = (among: OnnxVariant[]) => (among.length === 0 ? undefined : chooseOnnx(model, asked, among));
  if (texts.length > 0 && visions.length > 0) return { text: choose(texts), vision: choose(visions) };
  if (both.length > 0) return { joint: choose(both) };
  if (texts.length + visions.length > 0) return { text: choose(texts), vision: choose(visions) };
  throw new LlmiError('MODEL_FILE_MISSING', {
    message: 'This model has no .onnx file.',
    hint: 'Install a repository of it with onnx/text_model.onnx and onnx/vision_model.onnx, or with onnx/model.onnx.',
  });
}

/** Each file once. */
export function filesOf({ text, vision, joint }: TowerFiles): OnnxVariant[] {
  return [text, vision, joint].filter((file) => file !== undefined);
}
