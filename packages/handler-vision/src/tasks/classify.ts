import { jsonFile } from '@llmi/core';
import { sigmoid, softmax } from '../maths/scores.js';
import { chooseOutput } from './choose-output.js';
import type { BatchTask, Label, TaskContext } from './vision-task.js';

/** How many labels are given unless the request says. Source: `ImageClassificationPipeline` of transformers. */
export const defaultTopK = 5;

/** The likeliest classes of a picture. */
export function classifyTask({ model, graph, labels }: TaskContext): BatchTask {
  const output = chooseOutput(graph.session.outputs, ['logits'], [2], 'logits');
  const config = jsonFile(model, 'config.json');
  const independent = config?.problem_type === 'multi_label_classification';
  return {
    outputs: [output],
    picture: 'never',
    async answer(outputs, _image, { topK, threshold }) {
      const { data } = outputs[output]!;
      const scores = independent || data.length === 1 ? Array.from(data, sigmoid) : isShares(data) && !config ? Array.from(data) : softmax(data);
      return { type: 'classification', labels: bestLabels(scores, labels.nameOf, topK, threshold) };
    },
  };
}

/** True where a graph ends in a softmax of its own: shares that add up to 1. */
function isShares(values: Float32Array): boolean {
  return values.every((value) => value >= 0 && value <= 1) && Math.abs(values.reduce((sum, value) => sum + value, 0) - 1) < 1e-3;
}

export function bestLabels(scores: ArrayLike<number>, nameOf: (index: number) => string, topK: number, threshold = 0): Label[] {
  // Typed arrays are sorted as numbers, without a call for each comparison: the score of the last place tells who is in.
  const last = topK < scores.length ? Float64Array.from(scores).sort()[scores.length - topK]! : -Infinity;
  const best: Label[] = [];
  for (let index = 0; index < scores.length; index++) {
    if (scores[index]! >= Math.max(last, threshold)) best.push({ label: nameOf(index), score: scores[index]! });
  }
  return best.sort((left, right) => right.score - left.score).slice(0, topK);
}
