import { LlmiError, type ModelInfo } from '@llmi/core';
import { onnxVariants, type OnnxVariant } from '@llmi/runtime-transformers';

/** The graphs that read a page together. */
export interface OcrGraphs {
  detection: OnnxVariant;
  recognition: OnnxVariant;
  /** Says of a line whether it is upside down. */
  orientation?: OnnxVariant;
}

/** Parts of names, as PaddleOCR and those who convert its models use them: `ch_PP-OCRv4_det_infer.onnx`, `PP-OCRv5_mobile_rec_onnx/inference.onnx`, `detection/v5/det.onnx`. */
const roles = { detection: /(^|[/_.-])det(ection)?([/_.-]|$)/i, recognition: /(^|[/_.-])rec(ognition)?([/_.-]|$)/i, orientation: /(^|[/_.-])(cls|textline_ori)([/_.-]|$)/i };
type Role = keyof typeof roles;

function graphsOf(model: ModelInfo, role: Role): OnnxVariant[] {
  return onnxVariants(model).filter(({ path }) => roles[role].test(path.replace(/\.onnx$/i, '')));
}

/** True for a text detector beside a text recognizer, in the layouts of PP-OCR. */
export function isOcr(model: ModelInfo): boolean {
  return graphsOf(model, 'detection').length > 0 && graphsOf(model, 'recognition').length > 0;
}

/** @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED when there are several of a kind, FILE_CHOICE_EMPTY when none has the dtype */
export function ocrGraphs(model: ModelInfo, dtype?: string): OcrGraphs {
  const orientation = onlyOne(model, 'orientation', dtype);
  return { detection: onlyOne(model, 'detection', dtype)!, recognition: onlyOne(model, 'recognition', dtype)!, ...(orientation ? { orientation } : {}) };
}

function onlyOne(model: ModelInfo, role: Role, dtype: string | undefined): OnnxVariant | undefined {
  const all = graphsOf(model, role);
  const wanted = dtype ?? (all.some((graph) => graph.dtype === 'fp32') ? 'fp32' : all[0]?.dtype);
  const found = all.filter((graph) => graph.dtype === wanted);
  if (found.length === 1 || all.length === 0) return found[0];
  if (found.length === 0) {
    throw new LlmiError('FILE_CHOICE_EMPTY', { message: `This model has no ${role} graph of type "${dtype}".`, hint: `Use one of: ${[...new Set(all.map((graph) => graph.dtype))].join(', ')}.` });
  }
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: `This repository has several graphs for text ${role}: ${found.map(({ path }) => path).join(', ')}.`,
    hint: 'Put one detection graph and one recognition graph with its dictionary into a folder of their own, and give llmi that folder.',
  });
}
