import type { ModelInfo } from '@llmi/core';
import type { VisionTaskName } from './find-tasks.js';

const maskQueries = /^(mask2former|maskformer|oneformer)$/;

/** One sentence per mode that a model has. */
export function modesOf(model: ModelInfo, tasks: readonly VisionTaskName[]): Record<string, string> {
  const auto = { auto: `Does what the model was made for: ${tasks[0]}.` };
  const hasMasks = maskQueries.test(model.modelType ?? '') || model.architectures.includes('DetrForSegmentation');
  if (!hasMasks) return auto;
  return {
    auto: 'Finds every object and every surface, each pixel in one of them: as panoptic.',
    panoptic: 'Every object and every surface, each pixel in one of them.',
    ...(model.modelType === 'mask2former' ? { instance: 'Single objects, each with its own mask.' } : {}),
    semantic: 'One mask for each class, objects not told apart.',
  };
}
