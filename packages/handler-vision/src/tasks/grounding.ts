import { largest, sigmoid } from '../maths/scores.js';
import { LabelTokenizer } from '../label-tokenizer.js';
import type { OnnxTensor } from '@llmi/runtime-onnx';
import { boxOfQuery } from './detect.js';
import { detectionAnswer } from './detection-answer.js';
import type { BatchTask, TaskContext } from './vision-task.js';
import { textConfigOf } from './zero-shot.js';

/** Source: `GroundingDinoProcessor.post_process_grounded_object_detection` of transformers: for a box, and for a word to belong to it. */
const usualThreshold = 0.25;
const wordThreshold = 0.25;
const usualPositions = 256;

/** Grounding DINO reads all labels as one text, "a cat. a dog.", and says of each box which of its tokens it is. */
export async function groundingTask({ model, graph, folder }: TaskContext): Promise<BatchTask> {
  const given = textConfigOf(model);
  const tokenizer = await LabelTokenizer.load(folder, { textConfig: { ...given, max_position_embeddings: Math.min(usualPositions, Number(given.max_position_embeddings ?? usualPositions)) }, usualPositions, padsToEnd: false });
  const tokensOf = (labels: readonly string[], template: string) => tokenizer.encode([groundingText(labels.map((label) => template.replace('{}', () => label)))]);
  return {
    outputs: ['logits', 'pred_boxes'],
    picture: 'drawing',
    onePicture: true,
    feeds({ labels, template }) {
      const tokens = tokensOf(labels, template);
      const token_type_ids: OnnxTensor = { dtype: 'int64', shape: tokens.input_ids.shape, data: new BigInt64Array(tokens.input_ids.shape[1]!) };
      return graph.taken({ ...tokens, token_type_ids });
    },
    async answer({ logits, pred_boxes: boxes }, image, options) {
      const { threshold = usualThreshold, topK } = options;
      const ids = Array.from(tokensOf(options.labels, options.template).input_ids.data as BigInt64Array, Number);
      const [queries, positions] = [logits!.shape[0]!, logits!.shape[1]!];
      const objects = Array.from({ length: queries }, (_, query) => ({ query, score: sigmoid(largest(logits!.data, query * positions, positions).value) }))
        .filter(({ score }) => score > threshold)
        .sort((left, right) => right.score - left.score)
        .slice(0, topK)
        .map(({ query, score }) => ({ label: tokenizer.decode(wordsOf(logits!.data.subarray(query * positions, (query + 1) * positions), ids)), score, box: boxOfQuery(boxes!, query, image.source) }));
      return detectionAnswer(objects, image, options);
    },
  };
}

/** Labels as the model was trained to read them. */
export function groundingText(labels: readonly string[]): string {
  return labels.map((label) => `${label.trim().toLowerCase().replace(/\.+$/, '')}.`).join(' ');
}

/** The tokens that a box is made of, without the first and the last place. Source: `get_phrases_from_posmap`. */
export function wordsOf(logits: Float32Array, ids: readonly number[]): number[] {
  return ids.filter((_, place) => place > 0 && place < logits.length - 1 && sigmoid(logits[place]!) > wordThreshold);
}
