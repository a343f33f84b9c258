import { jsonFile, LlmiError, type ModelInfo } from '@llmi/core';
import { sigmoid, softmax } from '../maths/scores.js';
import { LabelTokenizer } from '../label-tokenizer.js';
import type { ExtraFeeds } from '../vision-graph.js';
import { bestLabels } from './classify.js';
import type { BatchTask, TaskContext } from './vision-task.js';

/** Source: `ZeroShotImageClassificationPipeline` of transformers. */
export const defaultTemplate = 'This is a photo of {}.';

/** Which of some labels fit a picture: CLIP gives shares of one, SigLIP a chance for each. */
export async function zeroShotTask({ model, graph, folder }: TaskContext): Promise<BatchTask> {
  const output = 'logits_per_image';
  if (!graph.outputNames.includes(output)) {
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
      message: 'The graph of this model does not compare pictures with texts.',
      hint: 'Choose the file that holds both towers (onnx/model.onnx), with logits_per_image among its outputs.',
    });
  }
  const isSiglip = /siglip/.test(model.modelType ?? '');
  const tokenizer = await LabelTokenizer.load(folder, { textConfig: textConfigOf(model), usualPositions: isSiglip ? 64 : 77, padsToEnd: isSiglip });
  return {
    outputs: [output],
    picture: 'never',
    feeds({ labels, template }): ExtraFeeds {
      const tokens = tokenizer.encode(labels.map((label) => template.replace('{}', () => label)));
      return graph.taken({ ...tokens });
    },
    async answer(outputs, _image, { labels, topK, threshold }) {
      const { data } = outputs[output]!;
      const scores = isSiglip ? Array.from(data, sigmoid) : softmax(data);
      return { type: 'classification', labels: bestLabels(scores, (index) => labels[index]!, topK, threshold) };
    },
  };
}

export function textConfigOf(model: ModelInfo): Record<string, unknown> {
  const nested = jsonFile(model, 'config.json')?.text_config;
  return typeof nested === 'object' && nested !== null ? (nested as Record<string, unknown>) : {};
}
