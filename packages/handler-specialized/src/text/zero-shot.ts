import { LlmiError, type GenerateRequest } from '@llmi/core';
import { layOutPair } from '@llmi/runtime-transformers';
import { bestIndices, softmax } from './scores.js';
import { requireRoom, type TextGraph } from './text-graph.js';

/** The sentence that a label is put into. Source: transformers. */
const defaultTemplate = 'This example is {}.';

/**
 * How well each of the given labels fits a text: whether "This example is {label}." follows from it.
 * Source: Yin et al. 2019, https://arxiv.org/abs/1909.00161; ZeroShotClassificationPipeline of transformers 4.57
 */
export async function classifyZeroShot(graph: TextGraph, text: string, { labels = [], mode, system = defaultTemplate, topK, threshold = 0, truncate }: GenerateRequest, param: string, signal?: AbortSignal) {
  const { entailment, contradiction } = inferenceLabels(graph.config);
  const pairs: [contradicts: number, entails: number][] = [];
  for (const label of labels) {
    const { tokens, fullLength } = layOutPair(graph.tokenizer, text, system.replaceAll('{}', label), { maxTokens: graph.maxTokens, cut: 'first' });
    requireRoom(graph, fullLength, truncate, param);
    const [logits] = await graph.run(tokens, ['logits'], signal);
    pairs.push([logits!.data[contradiction]!, logits!.data[entailment]!]);
  }
  const byItself = mode === 'multi' || labels.length === 1;
  const scores = byItself ? pairs.map((pair) => softmax(pair)[1]!) : softmax(pairs.map(([, entails]) => entails));
  return bestIndices(scores, topK || Infinity)
    .map((index) => ({ label: labels[index]!, score: scores[index]! }))
    .filter(({ score }) => score >= threshold);
}

/** The classes by name: models put them in different orders. */
function inferenceLabels(config: Record<string, unknown>): { entailment: number; contradiction: number } {
  const names = Object.entries((config.id2label ?? {}) as Record<string, unknown>).map(([id, name]) => [Number(id), String(name).toLowerCase()] as const);
  const find = (pattern: RegExp) => names.find(([, name]) => pattern.test(name))?.[0];
  const entailment = find(/^entail/);
  if (entailment === undefined) throw new LlmiError('INPUT_UNSUPPORTED', { message: 'This model has labels of its own and cannot take others.', hint: 'Leave out "labels", or use a model of natural language inference (NLI).', param: 'labels' });
  return { entailment, contradiction: find(/^(contra|not[_ ]entail)/) ?? (entailment === 0 ? names.length - 1 : 0) };
}
