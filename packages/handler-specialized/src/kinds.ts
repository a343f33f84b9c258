import type { ModelInfo } from '@llmi/core';
import { readDocumentKind } from './documents/read-document.js';
import type { SpecializedTask } from './find-tasks.js';
import { graphKind } from './graph/run-graph.js';
import { forecastKind } from './series/forecast.js';
import { isOcr } from './ocr/ocr-graphs.js';
import { readLinesKind } from './ocr/read-lines.js';
import type { SpecialistKind } from './specialist.js';
import { fillMaskKind } from './text/fill-mask.js';
import { questionAnsweringKind } from './text/question-answering.js';
import { textClassificationKind } from './text/text-classification.js';
import { tokenClassificationKind } from './text/token-classification.js';
import { rewriteKind } from './translate/rewrite-text.js';

/** How each task is done. */
const kinds: Record<SpecializedTask, SpecialistKind> = {
  'token-classification': tokenClassificationKind,
  'fill-mask': fillMaskKind,
  'question-answering': questionAnsweringKind,
  'text-classification': textClassificationKind,
  'zero-shot-classification': textClassificationKind,
  translation: rewriteKind,
  summarization: rewriteKind,
  'text2text-generation': rewriteKind,
  'image-to-text': readDocumentKind,
  'time-series-forecasting': forecastKind,
  tensors: graphKind,
};

/** How each task is done by this model: pages of text are read by one model as a whole, and by others line by line. */
export function kindsOf(model: ModelInfo): Record<SpecializedTask, SpecialistKind> {
  return isOcr(model) ? { ...kinds, 'image-to-text': readLinesKind } : kinds;
}
