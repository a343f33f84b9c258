import { jsonFile, type GgufFacts, type ModelInfo } from '@llmi/core';

/** text: vectors of texts. joint: vectors of texts and pictures in one space. reranker: scores of documents for a query. */
export type ModelKind = 'text' | 'joint' | 'reranker';

const jointTypes = /^(clip|siglip|siglip2|chinese_clip|altclip|clip_text_model|siglip_text_model)$/;
const rankPooling = 4; // LLAMA_POOLING_TYPE_RANK of llama.cpp
const rankingTask = 'text-ranking';

/** What a model is, by its structure; what the hub says of it only where that does not tell. */
export function kindOfModel(model: ModelInfo): ModelKind {
  if (isJoint(model)) return 'joint';
  return isReranker(model) ? 'reranker' : 'text';
}

/**
 * Whether this handler takes a model that its manifest fits. Models with a head for something else are somebody else's unless they are
 * there for their vectors: those that compare pictures with labels, fill masks, or classify without ranking.
 */
export function takesModel(model: ModelInfo): boolean {
  if (isReranker(model)) return true;
  if (isTaggedRanker(model)) return false; // one that ranks in another way, such as by the words of a language model
  const isForVectors = model.json['modules.json'] !== undefined || [model.task, model.pipelineTag].some((tag) => tag === 'feature-extraction' || tag === 'sentence-similarity');
  return isForVectors || !(isJoint(model) || hasOtherHead(model));
}

function hasOtherHead({ architectures }: ModelInfo): boolean {
  return architectures.some((name) => /For(SequenceClassification|MaskedLM|PreTraining|MultipleChoice|NextSentencePrediction)$/.test(name));
}

function isJoint(model: ModelInfo): boolean {
  const type = model.modelType ?? String(jsonFile(model, 'config.json')?.model_type);
  return jointTypes.test(type) || model.files.some(({ path }) => /(^|\/)(text|vision)_model(_\w+)?\.onnx$/.test(path));
}

function isReranker(model: ModelInfo): boolean {
  if (jsonFile(model, 'config_sentence_transformers.json')?.model_type === 'CrossEncoder') return true;
  if (model.gguf) return isGgufReranker(model.gguf, model.id);
  if (!isClassifier(model)) return false;
  if (isTaggedRanker(model)) return true;
  const config = jsonFile(model, 'config.json') ?? {};
  return labelNames(config)?.length === 1 || activationName(config) !== undefined;
}

/** Files that were converted before there was a key for it say it only by their name. */
function isGgufReranker({ architecture, metadata }: GgufFacts, id: string): boolean {
  const pooling = metadata[`${architecture}.pooling_type`];
  if (pooling !== undefined) return Number(pooling) === rankPooling;
  const labels = metadata[`${architecture}.classifier.output_labels`];
  return Array.isArray(labels) ? labels.length === 1 : /rerank/i.test(`${id} ${String(metadata['general.name'])}`);
}

function isTaggedRanker({ task, pipelineTag }: ModelInfo): boolean {
  return task === rankingTask || pipelineTag === rankingTask;
}

function isClassifier({ architectures }: ModelInfo): boolean {
  return architectures.some((name) => name.endsWith('ForSequenceClassification'));
}

/** Names of a classifier's labels in their order; undefined where config.json leaves them to the graph. */
export function labelNames(config: Record<string, unknown>): string[] | undefined {
  const names = config.id2label;
  if (typeof names === 'object' && names !== null) return Object.values(names).map(String);
  return typeof config.num_labels === 'number' ? Array.from({ length: config.num_labels }, (_, index) => `LABEL_${index}`) : undefined;
}

/** The activation that config.json states for a cross-encoder, in the ways of sentence-transformers from 4 on and before. */
export function activationName(config: Record<string, unknown>): string | undefined {
  const nested = config.sentence_transformers;
  const stated = typeof nested === 'object' && nested !== null ? (nested as Record<string, unknown>).activation_fn : undefined;
  return [stated, config.sbert_ce_default_activation_function].find((name) => typeof name === 'string');
}
