import { jsonFile, type ModelInfo } from '@llmi/core';
import { isOcr } from './ocr/ocr-graphs.js';

/** What this handler does, spelled like pipeline tags; `tensors` is any graph, as it is. */
export const specializedTasks = [
  'token-classification',
  'fill-mask',
  'question-answering',
  'text-classification',
  'zero-shot-classification',
  'translation',
  'summarization',
  'text2text-generation',
  'image-to-text',
  'time-series-forecasting',
  'tensors',
] as const;
export type SpecializedTask = (typeof specializedTasks)[number];

const byArchitecture: [RegExp, SpecializedTask][] = [
  [/ForTokenClassification$/, 'token-classification'],
  [/ForMaskedLM$/, 'fill-mask'],
  [/ForQuestionAnswering$/, 'question-answering'],
  [/ForSequenceClassification$/, 'text-classification'],
  [/^(MarianMTModel|FSMT|M2M100|NllbMoe)/, 'translation'],
  [/^VisionEncoderDecoderModel$/, 'image-to-text'],
  [/^(PatchTST|PatchTSMixer|TinyTimeMixer)ForPrediction$/, 'time-series-forecasting'],
  [/^(U?M?T5|LongT5|SwitchTransformers|Bart|MBart|Pegasus|Blenderbot|BlenderbotSmall|LED|BigBirdPegasus|ProphetNet)ForConditionalGeneration$/i, 'text2text-generation'],
];

/** For repositories whose config.json names no architecture, as conversions often do. */
const byType: Record<string, SpecializedTask> = {
  t5: 'text2text-generation',
  mt5: 'text2text-generation',
  umt5: 'text2text-generation',
  bart: 'text2text-generation',
  pegasus: 'summarization',
  mbart: 'translation',
  marian: 'translation',
  m2m_100: 'translation',
  'vision-encoder-decoder': 'image-to-text',
  patchtst: 'time-series-forecasting',
  patchtsmixer: 'time-series-forecasting',
};

/** Ways to rewrite a text, which one model often does all of. */
const rewriting: readonly SpecializedTask[] = ['text2text-generation', 'translation', 'summarization'];

/** The tasks of a model, its own first. */
export function tasksOf(model: ModelInfo): [SpecializedTask, ...SpecializedTask[]] {
  if (isOcr(model)) return ['image-to-text'];
  const tag = [model.task, model.pipelineTag].find((name): name is SpecializedTask => specializedTasks.includes(name as SpecializedTask));
  const found = model.architectures.flatMap((name) => byArchitecture.find(([pattern]) => pattern.test(name))?.[1] ?? [])[0] ?? byType[model.modelType ?? ''] ?? tag ?? 'tensors';
  if (found === 'text-classification' || found === 'zero-shot-classification') {
    if (!comparesSentences(model) && tag !== 'zero-shot-classification') return ['text-classification'];
    return tag === 'zero-shot-classification' ? ['zero-shot-classification', 'text-classification'] : ['text-classification', 'zero-shot-classification'];
  }
  if (!rewriting.includes(found)) return [found];
  const own = tag !== undefined && rewriting.includes(tag) ? tag : found;
  return found === 'translation' ? ['translation'] : [own, ...rewriting.filter((task) => task !== own)];
}

/** A model of natural language inference: it says whether one text follows from another. */
function comparesSentences(model: ModelInfo): boolean {
  return Object.values((jsonFile(model, 'config.json')?.id2label ?? {}) as Record<string, unknown>).some((label) => /^entail/i.test(String(label)));
}

/** Tasks that other handlers do: a model with one of them is not a graph without a name. */
const foreignTask = /^(text-generation|feature-extraction|sentence-similarity|text-ranking|(audio|image|video|object|depth|mask|zero-shot-(image|audio|object)|unconditional|visual|document|any|robotics|voice|keypoint|background|reinforcement)-.*|automatic-speech-recognition|text-to-.*)$/;
const ownForeignNames: readonly string[] = ['image-to-text'];
const rerankerName = /rerank|cross-encoder|ms-?marco/i;

/** What patterns cannot say: a graph that is known by its file alone may be another handler's, and a cross-encoder ranks. */
export function isSpecialized(model: ModelInfo): boolean {
  const config = jsonFile(model, 'config.json');
  const labels = Object.keys((config?.id2label ?? {}) as object).length;
  const isSequenceModel = model.architectures.some((name) => name.endsWith('ForSequenceClassification'));
  if (isSequenceModel && labels === 1 && (model.libraryName === 'sentence-transformers' || config?.sentence_transformers !== undefined || rerankerName.test(model.id))) return false;
  if (tasksOf(model)[0] !== 'tensors') return true;
  return [model.task, model.pipelineTag].every((task) => task === undefined || ownForeignNames.includes(task) || !foreignTask.test(task));
}
