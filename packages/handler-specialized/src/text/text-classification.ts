import { doneEvent, type GenerateRequest } from '@llmi/core';
import { chooseGraphs, layOut, layOutPair } from '@llmi/runtime-transformers';
import { invalid, requireText } from '../invalid-input.js';
import type { Specialist, SpecialistKind } from '../specialist.js';
import { labelNames } from './label-names.js';
import { bestIndices, sigmoid, softmax } from './scores.js';
import { requireRoom, TextGraph, textGraphs } from './text-graph.js';
import { classifyZeroShot } from './zero-shot.js';

/** Labels for texts: those the model was trained on, or for a model of inference any that are asked about. */
export const textClassificationKind: SpecialistKind = {
  graphs: (model, dtype) => chooseGraphs(model, textGraphs, dtype),
  fields: ['prompt', 'texts', 'context', 'labels', 'topK', 'threshold', 'system', 'truncate'],
  modes: { auto: 'Labels of the model; where labels are given, which of them fits best.', multi: 'Given labels each by themselves: several may fit, or none.' },
  check,
  async load(context): Promise<Specialist> {
    const graph = await TextGraph.load(context);
    return {
      info: graph.info,
      async *run(request, task, signal) {
        const started = performance.now();
        const texts = request.texts ?? [request.prompt!];
        const results = [];
        for (const [index, text] of texts.entries()) {
          const param = request.texts ? `texts[${index}]` : 'prompt';
          const labels = request.labels && task === 'zero-shot-classification' ? await classifyZeroShot(graph, text, request, param, signal) : await classify(graph, text, request, param, signal);
          results.push({ labels });
          if (texts.length > 1) yield { type: 'progress', stage: 'classify', step: results.length, steps: texts.length };
        }
        yield doneEvent({ type: 'classification', ...results[0]!, ...(request.texts ? { results } : {}) }, { run: performance.now() - started });
      },
      [Symbol.asyncDispose]: () => graph[Symbol.asyncDispose](),
    };
  },
};

function check({ prompt, texts, context, labels, task, system }: GenerateRequest): void {
  if (prompt !== undefined && texts !== undefined) throw invalid('texts', 'Both "prompt" and "texts" are given.', 'Give one of the two.');
  if (texts) texts.forEach((text, index) => void requireText(text, `texts[${index}]`, 'Give a text to classify.'));
  else requireText(prompt, 'prompt', 'Give the text to classify, or several as "texts".');
  if (task === 'zero-shot-classification' && labels === undefined) throw invalid('labels', 'There are no labels to choose from.', 'Give "labels", such as ["sports", "politics"].');
  if (labels && context !== undefined) throw invalid('context', 'A text that is compared with labels has no second text.', 'Leave out "context", or "labels".');
  if (system !== undefined && !system.includes('{}')) throw invalid('system', 'The sentence for labels has no place for one.', 'Write {} where the label goes: "This example is {}."');
}

/** Source: TextClassificationPipeline of transformers 4.57 */
async function classify(graph: TextGraph, text: string, { context, topK, threshold = 0, truncate }: GenerateRequest, param: string, signal?: AbortSignal) {
  const options = { maxTokens: graph.maxTokens };
  const { tokens, fullLength } = context === undefined ? layOut(graph.tokenizer, text, options) : layOutPair(graph.tokenizer, text, context, options);
  requireRoom(graph, fullLength, truncate, param);
  const [logits] = await graph.run(tokens, ['logits'], signal);
  const scores = toScores(graph.config, Array.from(logits!.data));
  const nameOf = labelNames(graph.config);
  return bestIndices(scores, topK || Infinity)
    .map((index) => ({ label: nameOf(index), score: scores[index]! }))
    .filter(({ score }) => threshold === 0 || score >= threshold);
}

/** Probabilities of labels that exclude each other, or of each by itself; for a regression the numbers as they are. */
function toScores({ problem_type, function_to_apply }: Record<string, unknown>, logits: number[]): number[] {
  if (problem_type === 'regression') return logits;
  if (problem_type === 'multi_label_classification' || logits.length === 1) return logits.map(sigmoid);
  if (problem_type !== 'single_label_classification' && function_to_apply === 'sigmoid') return logits.map(sigmoid);
  return softmax(logits);
}
