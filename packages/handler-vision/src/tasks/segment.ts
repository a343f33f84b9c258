import { chooseOutput } from './choose-output.js';
import { classMap } from './class-map.js';
import { maskQueriesTask } from './mask-queries.js';
import { maskOf, segmentationAnswer } from './segmentation-answer.js';
import type { BatchTask, TaskContext } from './vision-task.js';

/** Regions: a class for each pixel, or one mask per query where the graph gives those. */
export function segmentTask(context: TaskContext): BatchTask {
  const { graph, labels } = context;
  const masks = graph.outputNames.find((name) => /^(masks_queries_logits|pred_masks)$/.test(name));
  if (masks) return maskQueriesTask(context, masks);
  const output = chooseOutput(graph.session.outputs, ['logits'], [4], 'classes of pixels');
  return {
    outputs: [output],
    picture: 'drawing',
    async answer(outputs, image, options) {
      const { data, shape } = outputs[output]!;
      const [classes, height, width] = shape as [number, number, number];
      const map = classMap(data, classes, width, height, image.source);
      const present = [...new Set(map)].sort((left, right) => left - right);
      const segments = present.map((index) => ({ label: labels.nameOf(index), score: null, mask: maskOf(map, index, image) }));
      return segmentationAnswer(segments, image, options);
    },
  };
}
