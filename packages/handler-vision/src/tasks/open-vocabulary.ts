import { sigmoid } from '../maths/scores.js';
import { LabelTokenizer } from '../label-tokenizer.js';
import type { GraphOutputs } from '../vision-graph.js';
import { boxOfQuery } from './detect.js';
import { detectionAnswer } from './detection-answer.js';
import { groundingTask } from './grounding.js';
import type { BatchTask, TaskContext } from './vision-task.js';
import { textConfigOf } from './zero-shot.js';

/** Source: `ZeroShotObjectDetectionPipeline` of transformers. */
const usualThreshold = 0.1;
const usualPositions = 16;

/**
 * Objects that labels in plain words stand for. OWL-ViT and OWLv2 compare every patch of the picture with every label; a patch may be
 * several. Grounding DINO reads the labels as one text. Source: `ZeroShotObjectDetectionPipeline` of transformers 4.57.
 */
export async function openVocabularyTask(context: TaskContext): Promise<BatchTask> {
  const { model, graph, folder } = context;
  if (/grounding-?dino/.test(model.modelType ?? '')) return groundingTask(context);
  const tokenizer = await LabelTokenizer.load(folder, { textConfig: textConfigOf(model), usualPositions, padsToEnd: false });
  const isPadded = /owlv2/.test(model.modelType ?? '');
  return {
    outputs: ['logits', 'pred_boxes'],
    picture: 'drawing',
    onePicture: true,
    feeds: ({ labels, template }) => graph.taken({ ...tokenizer.encode(labels.map((label) => template.replace('{}', () => label))) }),
    async answer({ logits, pred_boxes: boxes }: GraphOutputs, image, options) {
      const { labels, threshold = usualThreshold, topK } = options;
      const { width, height } = image.source;
      const side = Math.max(width, height);
      const scale = isPadded ? { width: side, height: side } : { width, height };
      const objects = Array.from(logits!.data, (logit, at) => ({ patch: Math.floor(at / labels.length), label: labels[at % labels.length]!, score: sigmoid(logit) }))
        .filter(({ score }) => score > threshold)
        .sort((left, right) => right.score - left.score)
        .slice(0, topK)
        .map(({ patch, label, score }) => ({ label, score, box: boxOfQuery(boxes!, patch, scale) }));
      return detectionAnswer(objects, image, options);
    },
  };
}
